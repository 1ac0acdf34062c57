"""`cargo lambda watch` runs the gateway: a whole exchange through it, streaming included, and every file under events/."""

import argparse
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from backends import Backends, Process, free_port, wait_until

EVENTS = pathlib.Path("events")
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
STEPS, DELAY = 3, 0.4
BUILD_SECONDS = 240


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


def exchange(client, check):
    status, messages = client.call(
        "initialize",
        {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "interop", "version": "1"}},
        1,
    )
    check("initialize", status == 200 and messages[-1][1]["result"]["protocolVersion"] == "2025-06-18", (status, messages))
    status, _ = client.call("notifications/initialized")
    check("a notification is 202", status == 202, status)
    status, messages = client.call("tools/list", {}, 2)
    names = [tool["name"] for tool in messages[-1][1]["result"]["tools"]]
    check("tools/list", status == 200 and "whoami" in names, messages)
    status, messages = client.call("tools/call", {"name": "whoami", "arguments": {}}, 3)
    role = messages[-1][1]["result"]["structuredContent"]["roleArn"]
    check("tools/call answers in the user's role", role.endswith(":role/S3ReadOnlyMCPRole"), messages)
    streaming(client, check)


def streaming(client, check):
    arguments = {"steps": STEPS, "delay_ms": int(DELAY * 1000)}
    params = {"name": "count", "arguments": arguments, "_meta": {"progressToken": "p"}}
    began = time.monotonic()
    _, messages = client.call("tools/call", params, 4)
    progress = [at - began for at, message in messages if message.get("method") == "notifications/progress"]
    gaps = [later - earlier for earlier, later in zip(progress, progress[1:])]
    check("every step is reported", len(progress) == STEPS, messages)
    # The server makes a step only DELAY after the one before: what arrives that far apart was not held back.
    check(
        "the first event arrives before the server makes the second",
        bool(gaps) and progress[0] < 2 * DELAY and min(gaps) > DELAY / 2,
        progress,
    )
    check("the result comes last", messages[-1][1].get("id") == 4 and "result" in messages[-1][1], messages[-1])


def invoke_every_event(port, token, check):
    files = sorted(EVENTS.glob("*/*.json"))
    check("there are events", len(files) == 4 * len(STATUSES), files)
    with tempfile.TemporaryDirectory() as directory:
        for file in files:
            filled = pathlib.Path(directory, "event.json")
            filled.write_text(file.read_text().replace("TOKEN", token))
            command = ["cargo", "lambda", "invoke", "--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
            command += ["--data-file", str(filled), "rolecall-gateway"]
            ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
            wanted, status = STATUSES[file.stem], status_of(ran.stdout)
            check(f"{file} is {wanted}", status == wanted, (status, ran.stdout[:500], ran.stderr[:500]))


def status_of(printed):
    try:
        return json.loads(printed)["statusCode"]
    except (ValueError, KeyError, TypeError):
        return None


class Watch(Process):
    """`cargo lambda watch` on a free port, once the gateway answers."""

    def __init__(self, log, environment):
        self.port = free_port()
        command = ["cargo", "lambda", "watch", "--ignore-changes", "--package", "rolecall-gateway"]
        command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(self.port)]
        super().__init__(command, log, env=environment)

    def __enter__(self):
        try:
            wait_until(lambda: healthy(self.port), "the gateway", BUILD_SECONDS, self.ensure_running)
        except BaseException:
            self.stop()
            raise
        return self.port


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--log", required=True)
    failed = []

    def check(name, holds, detail):
        print(f"  {'ok  ' if holds else 'FAIL'} {name}" + ("" if holds else f": {detail}"))
        if not holds:
            failed.append(name)

    with open(arguments.parse_args().log, "w", encoding="utf-8") as log, Backends(log) as backends:
        token = backends.tokens["alice"]
        with Watch(log, backends.environment) as port:
            exchange(Client(port, token), check)
        # `cargo lambda invoke` shows the status only of an answer that is one document.
        with Watch(log, backends.environment | {"ROLECALL_RESPONSE_MODE": "buffered"}) as port:
            invoke_every_event(port, token, check)
    return 1 if failed else 0


def healthy(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BUILD_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
