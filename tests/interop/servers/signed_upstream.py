"""An MCP server behind botocore's check of the signature, with moto's credentials: JSON answers, as AWS gives them.

Arguments: port, moto's URL, region, service. Each request is a JSON line on stdout.
"""

import hashlib
import json
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from signature import Refused, verify

port, moto, region, service = int(sys.argv[1]), *sys.argv[2:]
SESSION = "session-of-the-upstream"
TOOL = {"name": "whoami", "description": "Names the caller's role session.", "inputSchema": {"type": "object"}}


def session_of(access_key: str) -> dict | None:
    """What moto's STS knows of an access key."""
    with urllib.request.urlopen(f"{moto}/moto-api/data.json", timeout=10) as answer:
        sessions = json.load(answer)["sts"]["AssumedRole"]
    return next((session for session in sessions if session["access_key_id"] == access_key), None)


def result_of(message: dict, arn: str) -> dict | None:
    """The result of a request; None for a method that this server doesn't know."""
    match message["method"]:
        case "initialize":
            information = {"name": "signed-upstream", "version": "1"}
            version = message["params"]["protocolVersion"]
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": information}
        case "tools/list":
            return {"tools": [TOOL]}
        case "tools/call":
            return {"content": [{"type": "text", "text": arn}]}
        case "ping":
            return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = self.headers.items()
        call = {"method": self.command, "path": self.path, "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        call |= {"content_type": self.headers.get("content-type"), "refused": None}
        try:
            call |= verify(self.command, self.path, headers, body, region, service, session_of)
        except Refused as refusal:
            call["refused"] = str(refusal)
        print(json.dumps(call), flush=True)
        if call["refused"]:
            self.answer(403, {"message": call["refused"]}, {"x-amzn-errortype": "InvalidSignatureException"})
        elif self.command == "GET":
            self.answer(405, {"error": "no streams here"}, {"allow": "POST, DELETE"})
        elif self.command == "DELETE":
            self.answer(204)
        else:
            self.answer_message(body, call["arn"])

    do_POST = do_GET = do_DELETE = handle_call

    def answer_message(self, body: bytes, arn: str) -> None:
        try:
            message = json.loads(body)
            method, number = message["method"], message.get("id")
        except (ValueError, TypeError, KeyError):
            return self.answer(200, {"received": len(body)})
        if number is None:
            return self.answer(202)
        headers = {"mcp-session-id": SESSION} if method == "initialize" else {}
        if (result := result_of(message, arn)) is not None:
            return self.answer(200, {"jsonrpc": "2.0", "id": number, "result": result}, headers)
        error = {"code": -32601, "message": "Method not found"}
        return self.answer(200, {"jsonrpc": "2.0", "id": number, "error": error})

    def answer(self, status: int, body: dict | None = None, headers: dict[str, str] | None = None) -> None:
        encoded = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("content-type", "application/json")
        if status != 204:
            self.send_header("content-length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, *_) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
