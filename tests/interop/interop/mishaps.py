"""What can go wrong between a client and the gateway, and what a client makes of it, in the words of docs/clients.md."""

import http.client
import re
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from .drivers import LEGACY, Driver
from .processes import free_port
from .tap import Exchange, Tamper, Tap
from .world import Backends, Gateway, backends

TWO_CALLS = [{"name": "whoami", "arguments": {}}] * 2
NO_TOKEN = "nonsense"
#: How the status may show in a client's own words.
STATUS = re.compile(r"\b(401|403|404|502)\b|Auth required|Session terminated")


@dataclass
class World:
    """Gateways before one stack: as it should be; without a fallback role; with nothing at the upstream's address;
    and with an upstream that `upstream` can tamper with."""

    stack: Backends
    gateway: Gateway
    unmapped: Gateway
    unreachable: Gateway
    flaky: Gateway
    upstream: Tap


@contextmanager
def world():
    port = free_port()
    with ExitStack() as held:
        stack = held.enter_context(backends(port))
        upstream = held.enter_context(Tap(stack.upstream, keeps_host=True))

        def gateway(port: int, configuration: str) -> Gateway:
            configuration = re.sub("resourceUrl: .*", f"resourceUrl: http://127.0.0.1:{port}/mcp", configuration)
            return held.enter_context(Gateway(configuration, port, {"AWS_ENDPOINT_URL_STS": stack.sts}))

        usual = stack.configuration
        nowhere = f"http://127.0.0.1:{free_port()}/mcp"
        yield World(
            stack,
            gateway(port, usual),
            gateway(free_port(), re.sub(r" *fallbackRoleArn: .*\n", "", usual)),
            gateway(free_port(), usual.replace(stack.upstream, nowhere)),
            gateway(free_port(), usual.replace(stack.upstream, upstream.url)),
            upstream,
        )


@dataclass(frozen=True)
class Mishap:
    """`run` gives a driver's results; `says` is in the error's text when the client passes it on."""

    name: str
    says: str
    run: Callable[[World, Driver], dict]
    needs_session: bool = False


def refused_token(world: World, driver: Driver) -> dict:
    return driver.run(world.gateway.url, NO_TOKEN, TWO_CALLS)


def no_role(world: World, driver: Driver) -> dict:
    return driver.run(world.unmapped.url, world.stack.tokens["mallory"], TWO_CALLS)


def no_upstream(world: World, driver: Driver) -> dict:
    return driver.run(world.unreachable.url, world.stack.tokens["carol"], TWO_CALLS)


def refused_token_later(world: World, driver: Driver) -> dict:
    def spoil(exchange: Exchange) -> None:
        exchange.headers["authorization"] = f"Bearer {NO_TOKEN}"

    with Tap(world.gateway.url, at_first_call(spoil)) as tap:
        return driver.run(tap.url, world.stack.tokens["carol"], TWO_CALLS)


def no_upstream_later(world: World, driver: Driver) -> dict:
    def drop(_: Exchange) -> None:
        raise ConnectionResetError

    world.upstream.tamper = at_first_call(drop)
    return driver.run(world.flaky.url, world.stack.tokens["carol"], TWO_CALLS)


def session_ended(world: World, driver: Driver) -> dict:
    def end(exchange: Exchange) -> None:
        connection = http.client.HTTPConnection(world.gateway.origin.removeprefix("http://"), timeout=10)
        headers = {name: exchange.headers[name] for name in ("authorization", "mcp-session-id")}
        connection.request("DELETE", exchange.path, headers=headers)
        assert connection.getresponse().status < 300
        connection.close()

    with Tap(world.gateway.url, at_first_call(end)) as tap:
        return driver.run(tap.url, world.stack.tokens["carol"], TWO_CALLS)


def session_of_another(world: World, driver: Driver) -> dict:
    """From the first call on, the same connection carries another user's token."""
    called = []

    def swap(exchange: Exchange) -> None:
        if called or exchange.message.get("method") == "tools/call":
            called.append(exchange)
            exchange.headers["authorization"] = f"Bearer {world.stack.tokens['alice']}"

    with Tap(world.gateway.url, Tamper(request=swap)) as tap:
        results = driver.run(tap.url, world.stack.tokens["carol"], TWO_CALLS)
    for call in results["calls"]:
        # Whoever owned the session, a call is made as the one whose token it bears.
        assert not call["ok"] or call["structured"]["sessionName"] == "alice@example.com", call
    return results


def at_first_call(action: Callable[[Exchange], None]) -> Tamper:
    called = []

    def once(exchange: Exchange) -> None:
        if not called and exchange.message.get("method") == "tools/call":
            called.append(exchange)
            action(exchange)

    return Tamper(request=once)


MISHAPS = [
    Mishap("401 at connect", "the token is not a signed JWT", refused_token),
    Mishap("403 at connect", "no role is mapped to this user", no_role),
    Mishap("502 at connect", "the MCP server cannot be reached", no_upstream),
    Mishap("401 at a call", "the token is not a signed JWT", refused_token_later),
    Mishap("502 at a call", "the MCP server cannot be reached", no_upstream_later),
    Mishap("session ended", "Session not found or expired", session_ended, needs_session=True),
    Mishap("session of another user", "Session not found or expired", session_of_another, needs_session=True),
]


def applies(mishap: Mishap, driver: Driver) -> bool:
    return driver.era == LEGACY or not mishap.needs_session


def outcome(mishap: Mishap, results: dict) -> str:
    """What the user of the client sees, as the page's table puts it."""
    steps = [results.get(name) for name in ("connect", "list", "lost", "close")] + results["calls"]
    assert not any(step.get("hung") for step in steps if step), results
    if "call" not in mishap.name and not mishap.needs_session:
        error = next(step["error"] for step in steps if step and not step["ok"])
        assert not any(call["ok"] for call in results["calls"]), results
        return detail(mishap, error)
    if "lost" in results:
        return f"{detail(mishap, results['lost']['error'])}, connection lost"
    first, second = results["calls"]
    if first["ok"]:
        return "recovers"
    return f"{detail(mishap, first['error'])}, {'goes on' if second['ok'] else 'stays down'}"


def detail(mishap: Mishap, error: dict) -> str:
    if mishap.says in error["message"]:
        return "message"
    return "status" if STATUS.search(error["message"]) else "neither"
