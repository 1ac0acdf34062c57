"""Metrics and traces as others read them: OpenTelemetry's protobuf definitions, Prometheus's parser, EMF's rules."""

import copy
import re

from ..paths import ROOT
from ..self_test import must_fail
from ..telemetry import CALLS, COLLECTOR_TOKEN, PARENT, SECRET, TRACE, Seen, watch

#: In the order in which a request passes them.
STATIONS = ["authenticate", "map_role", "authorize", "exchange", "sign", "upstream", "relay"]
UCUM_IN_CLOUDWATCH = {"s": "Seconds"}


def documented() -> dict[str, tuple[str, set[str]]]:
    """metric → (unit, labels), from the table of docs/telemetry.md."""
    text = (ROOT / "docs" / "telemetry.md").read_text()
    rows = re.findall(r"(?m)^\| `([^`]+)` \| `([^`]+)` \| (?:counter|up-down counter|histogram) \| ([^|]*) \|", text)
    return {name: (unit, set(re.findall(r"`([^`]+)`", labels))) for name, unit, labels in rows}


def checks():
    yield from checks_of(watch())


def checks_of(seen: Seen):
    metrics = documented()

    def one_trace():
        spans = seen.trace(TRACE)
        assert spans.keys() == {*STATIONS, "tools/call whoami"}, spans.keys()
        server = spans["tools/call whoami"]
        assert (server["parentSpanId"], server["kind"]) == (PARENT, "SPAN_KIND_SERVER"), server
        for name in STATIONS:
            span = spans[name]
            assert span["parentSpanId"] == server["spanId"], span
            assert span["kind"] == ("SPAN_KIND_CLIENT" if name == "upstream" else "SPAN_KIND_INTERNAL"), span
            assert int(server["startTimeUnixNano"]) <= int(span["startTimeUnixNano"]), (server, span)
            assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
            # Both clocks are read at the end of the request; they may differ by what that takes.
            assert int(span["endTimeUnixNano"]) <= int(server["endTimeUnixNano"]) + 5_000_000, (server, span)
        order = sorted(STATIONS, key=lambda name: int(spans[name]["startTimeUnixNano"]))
        assert order == STATIONS, order

    def conventions():
        spans = seen.trace(TRACE)
        expected = {
            "mcp.method.name": "tools/call",
            "gen_ai.tool.name": "whoami",
            "gen_ai.operation.name": "execute_tool",
            "http.request.method": "POST",
            "http.response.status_code": "200",
            "network.transport": "tcp",
        }
        found = spans["tools/call whoami"]["attributes"]
        assert expected.items() <= found.items(), found
        assert "error.type" not in found, found
        upstream = spans["upstream"]["attributes"]
        assert {"http.request.method": "POST", "http.response.status_code": "200"}.items() <= upstream.items(), upstream
        assert upstream["server.address"], upstream
        assert seen.resource["service.name"] == "rolecall-interop", seen.resource
        assert seen.resource["deployment.environment.name"] == "test", seen.resource

    def joins_audit():
        by_trace = {line["trace_id"]: line for line in seen.audit}
        assert len(by_trace) == CALLS and TRACE in by_trace, by_trace.keys()
        servers = [span for span in seen.spans if span["kind"] == "SPAN_KIND_SERVER"]
        assert len(servers) == CALLS, servers
        assert {span["traceId"] for span in servers} == by_trace.keys()
        for span in servers:
            line = by_trace[span["traceId"]]
            assert span["attributes"]["rolecall.audit_id"] == line["audit_id"], (span, line)
            assert span["attributes"]["rolecall.outcome"] == line["outcome"], (span, line)

    def refusal():
        (span,) = (one for one in seen.spans if one["attributes"].get("error.type") == "invalid_token" and "mcp.method.name" in one["attributes"])
        assert span["name"] == "ping" and span["attributes"]["http.response.status_code"] == "401", span
        assert span.get("status", {}).get("code") != "STATUS_CODE_ERROR", "a client's mistake is no error of the server"

    def no_secret():
        # The name of an unknown tool or method is in its span, as the audit line has it; nothing else of a client is.
        spans = copy.deepcopy(seen.spans)
        for span in spans:
            for key in ("gen_ai.tool.name", "mcp.method.name"):
                span["attributes"].pop(key, None)
        assert SECRET not in str(spans), "an argument or a token"
        metrics = str([seen.otlp, seen.prometheus, seen.emf])
        assert SECRET not in metrics, "a client's text is a label"
        for hidden in (seen.token, seen.token.split(".")[1], COLLECTOR_TOKEN):
            assert hidden not in seen.raw and hidden not in str(seen.spans) + metrics, "a credential"

    def headers():
        assert {one.get("x-api-key") for one in seen.collector_headers} == {COLLECTOR_TOKEN}

    def same_names():
        assert seen.otlp.keys() <= metrics.keys(), seen.otlp.keys() - metrics.keys()
        assert {name: metrics[name][0] for name in seen.units} == seen.units, seen.units
        for name, points in seen.otlp.items():
            unit, labels = metrics[name]
            for point, _ in points:
                assert point.keys() <= labels, (name, point)
            series = name.replace(".", "_") + ("_seconds_count" if unit == "s" else "")
            series += "_total" if f"{series}_total" in seen.prometheus else ""
            assert series in seen.prometheus, (series, sorted(seen.prometheus))
        for name, unit, labels, _ in seen.emf:
            assert unit == UCUM_IN_CLOUDWATCH.get(metrics[name][0], "Count"), (name, unit)
            assert labels.keys() - {"service.name"} <= metrics[name][1], (name, labels)
            assert labels["service.name"] == "rolecall-interop", labels

    def same_values():
        for name in ("http.server.request.duration", "rolecall.tool.calls", "rolecall.denials", "rolecall.credentials", "rolecall.sts.exchanges"):
            otlp = sum(value for _, value in seen.otlp[name])
            emf = sum(value if unit == "Count" else 1 for found, unit, _, value in seen.emf if found == name)
            flat = name.replace(".", "_")
            series = next(one for one in (f"{flat}_seconds_count", f"{flat}_total") if one in seen.prometheus)
            prometheus = sum(value for _, value in seen.prometheus[series])
            assert otlp == emf == prometheus > 0, (name, otlp, emf, prometheus)
        assert sum(value for _, value in seen.otlp["http.server.request.duration"]) == CALLS

    def bounded():
        tools = [labels["gen_ai.tool.name"] for labels, _ in seen.otlp["rolecall.tool.calls"]]
        assert set(tools) == {"whoami", "other"}, tools
        methods = {labels["mcp.method.name"] for labels, _ in seen.otlp["mcp.server.operation.duration"]}
        assert methods == {"tools/call", "tools/list", "ping", "other"}, methods
        reasons = {labels["rolecall.reason"] for labels, _ in seen.otlp["rolecall.denials"]}
        assert reasons == {"invalid_token"}, reasons

    yield "a trace has a server span and a span for each station, in order", one_trace
    yield "attributes follow the conventions, the resource the variables", conventions
    yield "every audit line has its trace", joins_audit
    yield "a refusal says why and blames the client", refusal
    yield "no argument, token or credential is in what leaves", no_secret
    yield "the collector gets the configured headers", headers
    yield "names, units and labels are the documented ones in all three formats", same_names
    yield "the three formats count the same", same_values
    yield "labels are bounded", bounded


def lose_parents(seen: Seen):
    """Spans without the span above them."""
    for span in seen.spans:
        span["parentSpanId"] = None


def leak_argument(seen: Seen):
    """An argument in an attribute."""
    seen.spans[0]["attributes"]["gen_ai.tool.call.arguments"] = SECRET


def leak_token(seen: Seen):
    """A token in the log."""
    seen.raw += seen.token


def rename_metric(seen: Seen):
    """A metric under another name in one of the formats."""
    seen.prometheus = {name.replace("rolecall_denials", "denials"): value for name, value in seen.prometheus.items()}


def change_unit(seen: Seen):
    """Milliseconds in EMF."""
    seen.emf = [(name, "Milliseconds" if unit == "Seconds" else unit, *rest) for name, unit, *rest in seen.emf]


def count_twice(seen: Seen):
    """EMF lines written twice."""
    seen.emf += seen.emf


def name_any_tool(seen: Seen):
    """The client's name of a tool as a label."""
    seen.otlp["rolecall.tool.calls"].append(({"gen_ai.tool.name": SECRET, "rolecall.outcome": "success"}, 1))


def forget_trace(seen: Seen):
    """An audit line with the id of another trace."""
    seen.audit[0]["trace_id"] = TRACE[::-1]


SABOTAGES = {
    lose_parents: "a trace has a server span and a span for each station, in order",
    leak_argument: "no argument, token or credential is in what leaves",
    leak_token: "no argument, token or credential is in what leaves",
    rename_metric: "names, units and labels are the documented ones in all three formats",
    change_unit: "names, units and labels are the documented ones in all three formats",
    count_twice: "the three formats count the same",
    name_any_tool: "labels are bounded",
    forget_trace: "every audit line has its trace",
}


def sabotages():
    whole = watch()
    for change, victim in SABOTAGES.items():

        def noticed(change=change, victim=victim):
            seen = copy.deepcopy(whole)
            change(seen)
            must_fail(checks_of(seen), victim)

        yield f"notices: {change.__doc__}", noticed
