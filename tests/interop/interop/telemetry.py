"""What telemetry said of a few calls: spans and metrics through OTLP, Prometheus text, EMF lines and audit lines."""

import json
import tempfile
import time
import urllib.request
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import installed
from .aws import SERVERS
from .emf import measurements
from .processes import Process, free_port, run
from .raw import upstream, whole
from .rpc import JSON_HEADERS, Reply, send
from .world import Gateway, backends, for_upstream, get

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
#: Sent by the client where no telemetry may show it.
SECRET = "AKIDEXAMPLEAKIDEXAMPLE"
COLLECTOR_TOKEN = "collector-secret"


@dataclass
class Seen:
    """Everything that left the gateway."""

    token: str
    spans: list[dict] = field(default_factory=list)
    resource: dict = field(default_factory=dict)
    #: metric → its points as (labels, value); a histogram's value is its count
    otlp: dict[str, list[tuple[dict, float]]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    #: series → its points
    prometheus: dict[str, list[tuple[dict, float]]] = field(default_factory=dict)
    emf: list[tuple[str, str, dict, float]] = field(default_factory=list)
    audit: list[dict] = field(default_factory=list)
    collector_headers: list[dict] = field(default_factory=list)
    raw: str = ""

    def trace(self, trace_id: str) -> dict[str, dict]:
        """The spans of a trace by name."""
        return {span["name"]: span for span in self.spans if span["traceId"] == trace_id}


@contextmanager
def receiver():
    port = free_port()
    with Process([installed.python("telemetry"), SERVERS / "otlp_receiver.py", port]) as process:
        process.listens_on(port)
        yield f"http://127.0.0.1:{port}"


def watch() -> Seen:
    """Makes the calls, stops the gateway, and reads what it left."""
    port, metrics_port = free_port(), free_port()
    folder = tempfile.TemporaryDirectory(prefix="rolecall-")
    with folder as policies, receiver() as collector, backends(port) as stack, upstream() as server:
        server.script = answer
        (Path(policies) / "all.cedar").write_text("permit(principal, action, resource);\n")
        configuration = for_upstream(stack.configuration, server.url) + (
            f"telemetry: {{metrics: [emf, otlp, prometheus], metricsListen: '127.0.0.1:{metrics_port}'}}\n"
            f"authorization: {{policies: ['{policies}/all.cedar']}}\n"
        )
        settings = {
            "AWS_ENDPOINT_URL_STS": stack.sts,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={COLLECTOR_TOKEN}",
            "OTEL_SERVICE_NAME": "rolecall-interop",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        seen = Seen(stack.tokens["alice"])
        with Gateway(configuration, port, settings) as gateway:
            calls(gateway.url, seen.token)
            gateway.process.wait_until(lambda: len(requests(gateway.process.lines)) == CALLS, "audit lines")
            status, _, text = get(f"http://127.0.0.1:{metrics_port}/metrics")
            assert status == 200, status
            assert get(f"http://127.0.0.1:{metrics_port}/")[0] == 404
            assert get(f"http://127.0.0.1:{metrics_port}/metrics", {"host": "evil.example.com"})[0] == 403
            began = time.monotonic()
        assert time.monotonic() - began < 5, "stopping took too long"
        lines, log = list(gateway.process.lines), list(gateway.process.errors)
        with urllib.request.urlopen(f"{collector}/received", timeout=10) as said:
            came = json.loads(said.read())
        assert not came["refused"], came["refused"]
    read_otlp(seen, came["received"])
    read_prometheus(seen, text.decode())
    seen.audit = requests(lines)
    seen.emf = [one for line in lines if '"_aws"' in line for one in measurements(line)]
    seen.raw = "\n".join([json.dumps([one["message"] for one in came["received"]]), text.decode(), *log])
    seen.raw += "\n".join(line for line in lines if '"_aws"' in line)
    return seen


def answer(connection, request) -> None:
    """An MCP server with one tool."""
    message = json.loads(request.body)
    result = {"tools": [{"name": "whoami", "inputSchema": {"type": "object"}}]} if message["method"] == "tools/list" else {"content": []}
    body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
    whole(b"200 OK", b"content-type: application/json\r\n", body)(connection, request)


def requests(lines: list[str]) -> list[dict]:
    audit = [json.loads(line) for line in list(lines) if '"_aws"' not in line]
    return [line for line in audit if line["type"] != "sts_exchange"]


#: Requests that `calls` makes.
CALLS = 6


def calls(url: str, token: str) -> None:
    def message(method: str, **params) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()

    def post(body: bytes, bearer: str = token, **headers) -> Reply:
        return send("POST", url, bearer, body, JSON_HEADERS | headers)

    arguments = {"secret": SECRET}
    assert post(message("tools/call", name="whoami", arguments=arguments)).status == 200
    assert post(message("tools/list")).status == 200
    assert post(message("tools/call", name="whoami", arguments=arguments), traceparent=TRACEPARENT).status == 200
    post(message("tools/call", name=SECRET, arguments={}))
    post(message(SECRET))
    assert post(message("ping"), bearer=SECRET).status == 401


def read_otlp(seen: Seen, received: list[dict]) -> None:
    seen.collector_headers = [one["headers"] for one in received]
    for one in received:
        for group in one["message"].get("resourceSpans", []):
            seen.resource = attributes(group["resource"])
            seen.spans += [span for scope in group["scopeSpans"] for span in scope["spans"]]
        for group in one["message"].get("resourceMetrics", []):
            # Cumulative: what came last says it all.
            seen.otlp = {}
            for metric in (metric for scope in group["scopeMetrics"] for metric in scope["metrics"]):
                read_metric(seen, metric)
    for span in seen.spans:
        span["attributes"] = attributes(span)
        for key, size in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
            span[key] = hexadecimal(span[key], size) if span.get(key) else None


def read_metric(seen: Seen, metric: dict) -> None:
    seen.units[metric["name"]] = metric["unit"]
    data = metric.get("sum") or metric.get("histogram")
    assert data["aggregationTemporality"] == "AGGREGATION_TEMPORALITY_CUMULATIVE", metric
    seen.otlp[metric["name"]] = [
        (attributes(point), float(point.get("count", point.get("asInt", 0)))) for point in data["dataPoints"]
    ]


def attributes(holder: dict) -> dict:
    return {one["key"]: next(iter(one["value"].values())) for one in holder.get("attributes", [])}


def hexadecimal(base64: str, size: int) -> str:
    raw = b64decode(base64)
    assert len(raw) == size, base64
    return raw.hex()


def read_prometheus(seen: Seen, text: str) -> None:
    parsed = run([installed.python("telemetry"), SERVERS / "prometheus_text.py"], stdin=text)
    assert parsed.returncode == 0, parsed.stderr
    for family in json.loads(parsed.stdout):
        for name, labels, value in family["samples"]:
            seen.prometheus.setdefault(name, []).append((labels, value))
