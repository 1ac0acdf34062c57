"""AWS's own Runtime Interface Emulator runs the release binary: the real Runtime API, its time limit included.

The emulator hands streamed answers over whole and raw: prelude, eight NULs, body.
"""

import json
import re
import shutil
import statistics
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from .. import events
from ..installed import python
from ..processes import Process, free_port
from ..raw import upstream, whole
from ..self_test import must_fail
from ..world import backends, binary

WARM_INVOCATIONS = 200
FUNCTION_SECONDS = 3
FRONT_DOORS = "function URL, base64 and REST API events"


class Emulator:
    """A running emulator with the gateway inside."""

    def __init__(self, process: Process, port: int):
        self.process, self.port = process, port

    def invoke(self, event) -> bytes:
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=30) as answer:
            return answer.read()

    def streamed(self, event) -> tuple[dict, bytes]:
        prelude, separator, body = self.invoke(event).partition(b"\0" * 8)
        assert separator, f"not a streamed answer: {prelude[:200]!r}"
        return json.loads(prelude), body

    def audit(self) -> list[dict]:
        """The emulator mixes the gateway's log and lines of its own in; only audit lines have a type."""
        lines = [json.loads(line) for line in list(self.process.lines) if line.startswith("{")]
        return [line for line in lines if "type" in line]


def emulator_file(folder: str) -> Path:
    packages = python("sam").parent.parent / "lib"
    (found,) = packages.glob("python3*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64")
    runnable = Path(folder) / "aws-lambda-rie"
    shutil.copy(found, runnable)
    runnable.chmod(0o755)
    return runnable


@contextmanager
def emulator(stack, upstream_url: str, mode: str):
    with tempfile.TemporaryDirectory(prefix="rolecall-") as folder:
        config = Path(folder) / "gateway.yaml"
        config.write_text(re.sub(r"(?m)^upstream:\n(  .*\n)+", f"upstream:\n  url: {upstream_url}\n", stack.configuration))
        port, api = free_port(), free_port()
        settings = {
            "ROLECALL_CONFIG": str(config),
            "ROLECALL_RESPONSE_MODE": mode,
            "AWS_ENDPOINT_URL_STS": stack.sts,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(FUNCTION_SECONDS),
        }
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address", f"127.0.0.1:{api}"]
        command = [emulator_file(folder), *addresses, binary("rolecall-gateway", "release")]
        with Process(command, settings) as process:
            process.listens_on(port)
            yield Emulator(process, port)


ANSWER = b'{"jsonrpc":"2.0","id":1,"result":{}}'
OK = whole(b"200 OK", b"content-type: application/json\r\nmcp-session-id: s-1\r\n", ANSWER)


def checks():
    with backends(9000) as stack, upstream() as server:
        server.script = OK
        token = stack.tokens["alice"]
        with emulator(stack, server.url, "streaming") as streaming:
            yield from streaming_checks(streaming, server, token)
        with emulator(stack, server.url, "buffered") as whole_answers:
            yield from buffered_checks(whole_answers, token)


def streaming_checks(streaming: Emulator, server, token: str):
    def front_doors():
        for name, event in (
            ("function URL", events.function_url(token, events.INITIALIZE)),
            ("base64", events.function_url(token, json.dumps(events.INITIALIZE))),
            ("REST API", events.rest_api(token, events.INITIALIZE)),
        ):
            prelude, body = streaming.streamed(event)
            assert (prelude["statusCode"], body) == (200, ANSWER), (name, prelude, body)
            assert prelude["headers"]["mcp-session-id"] == "s-1", (name, prelude)
        assert {line.get("source") for line in streaming.audit() if line["type"] == "mcp_initialize"} == {"203.0.113.7"}

    def refusals():
        prelude, body = streaming.streamed(events.function_url(None, events.INITIALIZE))
        assert prelude["statusCode"] == 401 and json.loads(body)["error"] == "missing_token", (prelude, body)

    def bad_events():
        bad = events.function_url(token, events.INITIALIZE) | {"body": "%%%", "isBase64Encoded": True}
        for event in (bad, b'{"hello":1}', events.function_url(token, {}, path="/\x00 %zz")):
            prelude, _ = streaming.streamed(event)
            assert 400 <= prelude["statusCode"] < 500, prelude
        front_doors()

    def time_limit():
        server.script = lambda connection, _: time.sleep(FUNCTION_SECONDS * 2)
        began = time.monotonic()
        prelude, body = streaming.streamed(events.function_url(token, events.INITIALIZE))
        server.script = OK
        assert prelude["statusCode"] == 504 and json.loads(body)["error"]["data"]["reason"] == "deadline", (prelude, body)
        assert time.monotonic() - began < FUNCTION_SECONDS, "the platform ended it"
        front_doors()

    def warm():
        durations = []
        for _ in range(WARM_INVOCATIONS):
            began = time.monotonic()
            prelude, _ = streaming.streamed(events.function_url(token, events.INITIALIZE))
            durations.append((time.monotonic() - began) * 1000)
            assert prelude["statusCode"] == 200, prelude
        median = statistics.median(durations)
        print(f"emulator: {WARM_INVOCATIONS} warm invocations, median {median:.1f} ms, slowest {max(durations):.1f} ms")
        assert median < 40, "Nagle's algorithm costs every streamed answer about 40 ms"

    yield FRONT_DOORS, front_doors
    yield "a missing token", refusals
    yield "events nobody should send", bad_events
    yield "an upstream beyond the function's time limit", time_limit
    yield f"{WARM_INVOCATIONS} warm invocations without the 40 ms stall", warm


def buffered_checks(whole_answers: Emulator, token: str):
    def documents():
        for name, event in (
            ("HTTP API", events.function_url(token, events.INITIALIZE)),
            ("REST API", events.rest_api(token, events.INITIALIZE)),
            ("load balancer", events.load_balancer(token, events.INITIALIZE)),
        ):
            document = json.loads(whole_answers.invoke(event))
            assert (document["statusCode"], document["body"]) == (200, ANSWER.decode()), (name, document)

    yield "buffered answers for HTTP API, REST API and load balancer", documents


def sabotages():
    """The same binary, told to do something else than the checks expect."""

    def wrong_mode():
        with backends(9000) as stack, upstream() as server, emulator(stack, server.url, "buffered") as other:
            server.script = OK
            must_fail(streaming_checks(other, server, stack.tokens["alice"]), FRONT_DOORS)

    def other_upstream():
        with backends(9000) as stack, upstream() as server, emulator(stack, server.url, "streaming") as same:
            server.script = whole(b"200 OK", b"content-type: application/json\r\n", b"{}")
            must_fail(streaming_checks(same, server, stack.tokens["alice"]), FRONT_DOORS)

    yield "notices an answer that is not streamed", wrong_mode
    yield "notices another body and a lost session id", other_upstream
