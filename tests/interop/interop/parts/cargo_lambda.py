"""`cargo lambda watch` runs the gateway: a whole exchange through it, streaming included, and every file under events/."""

import http.client
import json
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from ..drivers import DRIVERS, Driver
from ..installed import python
from ..paths import ROOT
from ..processes import Process, free_port, run
from ..self_test import must_fail
from ..world import backends
from . import clients

EVENTS = ROOT / "events"
#: What each file of a front door's folder is answered with.
STATUSES = {
    "initialize": 200,
    "base64-body": 200,
    "missing-token": 401,
    "get": 405,
    "delete": 404,
    "options": 204,
    "metadata": 200,
    "healthz": 200,
}
FRONT_DOORS = ["function-url", "http-api", "load-balancer", "rest-api"]
#: The events' own origin; it need not be where the function listens.
RESOURCE_PORT = 9000
STEPS, DELAY = 3, 0.4
BUILD_SECONDS = 600
OPENING = "initialize and a notification"
STREAMING = "the first event arrives before the server makes the second"


class Client:
    """As much of an MCP client as the exchange needs."""

    def __init__(self, port, token):
        self.port, self.token, self.session = port, token, None

    def open(self, method, params=None, request_id=None):
        message = {"jsonrpc": "2.0", "method": method}
        message |= {"params": params} if params is not None else {}
        message |= {"id": request_id} if request_id is not None else {}
        headers = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
        }
        if self.session:
            headers |= {"mcp-session-id": self.session, "mcp-protocol-version": "2025-06-18"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/mcp", json.dumps(message), headers)
        return connection.getresponse()

    def call(self, method, params=None, request_id=None):
        """The status and the messages of an answer, each with the moment it arrived."""
        response = self.open(method, params, request_id)
        self.session = response.getheader("mcp-session-id") or self.session
        if "event-stream" not in response.getheader("content-type", ""):
            body = response.read()
            return response.status, [(time.monotonic(), json.loads(body))] if body else []
        return response.status, list(events(response))


def events(response):
    buffer = b""
    while chunk := response.read1(65536):
        buffer += chunk
        *whole, buffer = buffer.replace(b"\r\n", b"\n").split(b"\n\n")
        for event in whole:
            data = b"".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
            if data:
                yield time.monotonic(), json.loads(data)


def with_cargo_lambda() -> dict[str, str]:
    """PATH with `cargo lambda` and the zig it brings."""
    return {"PATH": f"{python('cargo-lambda').parent}:{os.environ['PATH']}"}


@contextmanager
def watch(mode: str):
    """`cargo lambda watch` before the embedded stack: yields (port, tokens)."""
    port = free_port()
    command = ["cargo", "lambda", "watch", "--ignore-changes", "--package", "rolecall-gateway"]
    command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
    with backends(RESOURCE_PORT) as stack, tempfile.TemporaryDirectory(prefix="rolecall-") as folder:
        config = Path(folder) / "gateway.yaml"
        config.write_text(stack.configuration)
        settings = {
            "ROLECALL_CONFIG": str(config),
            "ROLECALL_RESPONSE_MODE": mode,
            "AWS_ENDPOINT_URL_STS": stack.sts,
        }
        with Process(command, with_cargo_lambda() | settings, cwd=ROOT) as process:
            process.wait_until(lambda: healthy(port), "the gateway under cargo lambda watch", BUILD_SECONDS)
            yield port, stack.tokens


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BUILD_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def checks():
    with watch("streaming") as (port, tokens):
        yield from exchange_checks(Client(port, tokens["alice"]))
        for driver in DRIVERS:
            yield f"{driver}: connects, lists, calls, closes", lambda driver=driver: run_client(driver, port, tokens)
    # `cargo lambda invoke` shows the status only of an answer that is one document.
    with watch("buffered") as (port, tokens):
        token = tokens["alice"]
        for front_door in FRONT_DOORS:
            yield f"every event under events/{front_door}", lambda door=front_door: invoke_events(door, port, token)


def run_client(driver: Driver, port: int, tokens: dict[str, str]) -> None:
    """What the part `clients` has it do, with its expectations."""
    clients.as_expected(driver, driver.run(f"http://127.0.0.1:{port}/mcp", tokens["carol"], clients.PLAN), "carol")


def exchange_checks(client: Client):
    def open_session():
        info = {"name": "interop", "version": "1"}
        parameters = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info}
        status, messages = client.call("initialize", parameters, 1)
        assert status == 200 and messages[-1][1]["result"]["protocolVersion"] == "2025-06-18", (status, messages)
        status, messages = client.call("notifications/initialized")
        assert (status, messages) == (202, []), (status, messages)

    def call_tools():
        status, messages = client.call("tools/list", {}, 2)
        names = [tool["name"] for tool in messages[-1][1]["result"]["tools"]]
        assert status == 200 and "whoami" in names, messages
        _, messages = client.call("tools/call", {"name": "whoami", "arguments": {}}, 3)
        role = messages[-1][1]["result"]["structuredContent"]["roleArn"]
        assert role.endswith(":role/S3ReadOnlyMCPRole"), messages

    def stream():
        arguments = {"steps": STEPS, "delay_ms": int(DELAY * 1000)}
        parameters = {"name": "count", "arguments": arguments, "_meta": {"progressToken": "p"}}
        began = time.monotonic()
        _, messages = client.call("tools/call", parameters, 4)
        progress = [at - began for at, message in messages if message.get("method") == "notifications/progress"]
        gaps = [later - earlier for earlier, later in zip(progress, progress[1:], strict=False)]
        assert len(progress) == STEPS, messages
        # The server makes a step only DELAY after the one before: what arrives that far apart was not held back.
        assert progress[0] < 2 * DELAY and min(gaps) > DELAY / 2, progress
        assert messages[-1][1].get("id") == 4 and "result" in messages[-1][1], messages[-1]

    yield OPENING, open_session
    yield "tools are listed and called in the user's role", call_tools
    yield STREAMING, stream


def invoke_events(front_door: str, port: int, token: str) -> None:
    files = {file.stem: file for file in (EVENTS / front_door).glob("*.json")}
    assert files.keys() == STATUSES.keys(), files
    for name, file in files.items():
        with tempfile.TemporaryDirectory() as folder:
            filled = Path(folder) / "event.json"
            filled.write_text(file.read_text().replace("TOKEN", token))
            command = ["cargo", "lambda", "invoke", "--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
            ran = run([*command, "--data-file", filled, "rolecall-gateway"], with_cargo_lambda(), seconds=60)
            assert not ran.returncode, (name, ran.stdout[:500], ran.stderr[:500])
            assert json.loads(ran.stdout)["statusCode"] == STATUSES[name], (name, ran.stdout[:500])


def sabotages():
    def held_back():
        with watch("buffered") as (port, tokens):
            steps = list(exchange_checks(Client(port, tokens["alice"])))
            dict(steps)[OPENING]()
            must_fail(steps, STREAMING)

    yield "notices an answer that is held back to its end", held_back
