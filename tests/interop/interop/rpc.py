"""One MCP message over plain HTTP, for parts that need no MCP client."""

import json
import urllib.error
import urllib.request
from email.message import Message
from typing import NamedTuple

SECONDS = 30
JSON_HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


class Reply(NamedTuple):
    status: int
    headers: Message
    body: bytes

    def json(self):
        return json.loads(self.body)


def send(method: str, url: str, token: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
    """Sends bytes with a bearer token; a reply of any status returns."""
    given = {"authorization": f"Bearer {token}"} | (headers or {})
    request = urllib.request.Request(url, data=body, method=method, headers=given)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers, error.read())


def call_tool(url: str, token: str, tool: str) -> Reply:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    return send("POST", url, token, json.dumps(message).encode(), JSON_HEADERS)


def text_of(reply: Reply) -> str:
    """The text that a tool returned."""
    assert reply.status == 200, (reply.status, reply.body)
    return reply.json()["result"]["content"][0]["text"]
