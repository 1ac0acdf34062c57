"""Six MCP clients, each connecting, listing, calling and closing, in each era that it has; what they make of refusals
is what docs/clients.md says. Every client is held to the same expectations."""

from ..drivers import DRIVERS, LEGACY, MODERN, Driver
from ..mishaps import MISHAPS, World, applies, outcome, world
from ..page import behaviours, is_part_of, snippets
from ..paths import ROOT
from ..tap import Exchange, Tamper, Tap

TOOLS = ["whoami", "list_buckets", "count", "slow", "large", "is_error", "fail"]
ROLES = {"alice": "S3ReadOnlyMCPRole", "carol": "DefaultMCPRole"}
FAIL_CODE = -31999
STEPS = 3
STEP_MILLISECONDS = 200
#: How long before the result the first of the steps must have arrived.
AHEAD_SECONDS = 0.2
PLAN = [
    {"name": "whoami", "arguments": {}},
    {"name": "count", "arguments": {"steps": STEPS, "delay_ms": STEP_MILLISECONDS}},
    {"name": "is_error", "arguments": {}},
    {"name": "fail", "arguments": {}},
    {"name": "list_buckets", "arguments": {}},
]
SESSION = "mcp-session-id"


def checks():
    yield "docs/clients.md: every tested snippet is a driver's", snippets_are_tested
    with world() as around:
        for driver in DRIVERS:
            yield f"{driver}: connects, lists, calls, closes", lambda driver=driver: directly(around, driver)
            yield f"{driver}: the same on the wire", lambda driver=driver: on_the_wire(around, driver)
            yield f"{driver}: refusals and lost sessions", lambda driver=driver: refusals(around, driver)


def sabotages():
    with world() as around:
        for driver in DRIVERS:
            yield f"{driver}: nothing is broken", lambda driver=driver: on_the_wire(around, driver, Tamper())
            for name, tamper in TAMPERS.items():
                # The modern era has no sessions and sends no notifications.
                if driver.era == LEGACY or tamper.holds_bodies:
                    yield f"{driver}: {name}", lambda driver=driver, tamper=tamper: noticed(around, driver, tamper)


def snippets_are_tested() -> None:
    found = snippets()
    assert {path for path, _ in found} >= {
        "tests/interop/clients/typescript_1.mjs",
        "tests/interop/clients/typescript_2.mjs",
        "tests/interop/clients/python_1.py",
        "tests/interop/clients/python_2.py",
        "tests/interop/clients/inspector.sh",
        "local/examples/rmcp.rs",
    }, found
    for path, snippet in found:
        assert is_part_of(snippet, (ROOT / path).read_text()), f"{path} does not contain\n{snippet}"


def directly(around: World, driver: Driver) -> None:
    as_expected(driver, driver.run(around.gateway.url, around.stack.tokens["carol"], PLAN), "carol")


def as_expected(driver: Driver, results: dict, user: str) -> None:
    assert results["connect"]["ok"] and results["connect"]["protocol"] == driver.era, results["connect"]
    assert results["list"]["ok"] and results["list"]["tools"] == TOOLS, results["list"]
    whoami, count, is_error, fail, buckets = results["calls"]
    identity = whoami["structured"]
    assert identity["roleArn"].endswith(f":role/{ROLES[user]}"), whoami
    assert identity["sessionName"] == f"{user}@example.com" and identity["awsRegion"] == "us-west-2", whoami
    assert count["text"] == f"counted to {STEPS}" and not count["isError"], count
    if driver.shows_progress:
        steps = [(step["progress"], step["total"]) for step in count["progress"]]
        assert steps == [(step, STEPS) for step in range(1, STEPS + 1)], count
        assert count["progress"][0]["before"] >= AHEAD_SECONDS, count
    assert is_error["isError"] and is_error["text"] == "the tool failed", is_error
    assert not fail["ok"] and "the call failed" in fail["error"]["message"], fail
    if driver.shows_codes:
        assert fail["error"]["code"] == FAIL_CODE, fail
    denied = user == "carol"
    assert buckets["isError"] == denied and ("AccessDenied" in buckets["text"]) == denied, buckets
    assert results["close"]["ok"], results["close"]


def on_the_wire(around: World, driver: Driver, tamper: Tamper | None = None) -> None:
    """A tap next to the client sees what it sends and gets; `tamper` works between that and the gateway."""
    with Tap(around.gateway.url, tamper) as inner, Tap(inner.url) as tap:
        results = driver.run(tap.url, around.stack.tokens["alice"], PLAN)
        as_expected(driver, results, "alice")
        exchanges = list(tap.exchanges)
    streams_progress(exchanges)
    for exchange in exchanges:
        assert exchange.headers["authorization"].startswith("Bearer "), exchange
        if exchange.method == "POST" and "id" not in exchange.message:
            assert exchange.status == 202 and not any(part for _, part in exchange.chunks), exchange
    (in_sessions if driver.era == LEGACY else without_sessions)(driver, exchanges)


def streams_progress(exchanges: list[Exchange]) -> None:
    counting = [one for one in exchanges if one.message.get("params", {}).get("name") == "count"]
    assert len(counting) == 1, counting
    [exchange] = counting
    assert exchange.answer_headers["content-type"].startswith("text/event-stream"), exchange
    arrivals = [at for at, part in exchange.chunks if b"notifications/progress" in part]
    assert exchange.chunks[-1][0] - arrivals[0] >= AHEAD_SECONDS, exchange.chunks


def in_sessions(driver: Driver, exchanges: list[Exchange]) -> None:
    opened = [one for one in exchanges if one.message.get("method") == "initialize"]
    sessions = {one.answer_headers.get(SESSION) for one in opened}
    assert None not in sessions and len(sessions) == len(opened), opened
    assert driver.stays_connected == (len(opened) == 1), opened
    for exchange in exchanges:
        if exchange not in opened:
            assert exchange.headers.get(SESSION) in sessions, exchange
    ended = [one.status for one in exchanges if one.method == "DELETE"]
    assert ended == ([202] if driver.ends_session else []), ended
    # The AWS MCP Server opens no stream for a GET; clients go on without.
    assert all(one.status == 405 for one in exchanges if one.method == "GET"), exchanges


def without_sessions(_: Driver, exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        assert exchange.method == "POST", exchange
        assert SESSION not in exchange.headers and SESSION not in exchange.answer_headers, exchange
        assert exchange.headers["mcp-protocol-version"] == MODERN, exchange
        assert exchange.headers["mcp-method"] == exchange.message["method"], exchange


def refusals(around: World, driver: Driver) -> None:
    expected = behaviours()[driver.client, driver.era]
    measured = {
        mishap.name: outcome(mishap, mishap.run(around, driver)) if applies(mishap, driver) else "no session"
        for mishap in MISHAPS
    }
    assert measured == expected, f"docs/clients.md has\n{expected}\nmeasured\n{measured}"


def noticed(around: World, driver: Driver, tamper: Tamper) -> None:
    try:
        on_the_wire(around, driver, tamper)
    except AssertionError:
        return
    raise RuntimeError("nobody noticed")


def forget_session(exchange: Exchange) -> None:
    exchange.answer_headers.pop(SESSION, None)


def rewrite_accepted(exchange: Exchange) -> None:
    if exchange.status == 202:
        exchange.status = 200


TAMPERS = {
    "Mcp-Session-Id dropped": Tamper(answer=forget_session),
    "202 rewritten to 200": Tamper(answer=rewrite_accepted),
    "SSE held back": Tamper(holds_bodies=True),
}
