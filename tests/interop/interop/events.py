"""Lambda events of the HTTP front doors, as AWS documents them."""

import base64
import json

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "interop", "version": "1"}},
}


def _headers(token: str | None) -> dict[str, str]:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "host": "example.com"}
    return headers | ({"authorization": f"Bearer {token}"} if token else {})


def function_url(token: str | None, body: dict | str, method: str = "POST", path: str = "/mcp") -> dict:
    """Payload format 2.0: function URL and HTTP API. A text body goes base64-encoded."""
    encoded = isinstance(body, str)
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "interop"}
    context = {
        "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.us-east-1.on.aws", "domainPrefix": "abc",
        "http": http, "requestId": "r-1", "routeKey": "$default", "stage": "$default",
        "time": "20/Nov/2026:12:00:00 +0000", "timeEpoch": 1795176000000,
    }
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": _headers(token),
        "requestContext": context, "isBase64Encoded": encoded,
        "body": base64.b64encode(body.encode()).decode() if encoded else json.dumps(body),
    }


def rest_api(token: str | None, body: dict, method: str = "POST", path: str = "/mcp") -> dict:
    """Payload format 1.0: REST API."""
    headers = _headers(token)
    context = {
        "accountId": "111122223333", "apiId": "abc", "domainName": "mcp.example.com", "httpMethod": method,
        "identity": {"sourceIp": "203.0.113.7"}, "path": path, "protocol": "HTTP/1.1", "requestId": "r-1",
        "resourceId": "x", "resourcePath": "/{proxy+}", "stage": "prod",
    }
    return {
        "resource": "/{proxy+}", "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()}, "queryStringParameters": None,
        "multiValueQueryStringParameters": None, "pathParameters": None, "stageVariables": None,
        "requestContext": context, "body": json.dumps(body), "isBase64Encoded": False,
    }


def load_balancer(token: str | None, body: dict, method: str = "POST", path: str = "/mcp") -> dict:
    """An application load balancer's event."""
    target = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/x/0123456789abcdef"
    return {
        "requestContext": {"elb": {"targetGroupArn": target}}, "httpMethod": method, "path": path,
        "queryStringParameters": {}, "headers": _headers(token) | {"x-forwarded-for": "10.9.9.9, 203.0.113.7"},
        "body": json.dumps(body), "isBase64Encoded": False,
    }
