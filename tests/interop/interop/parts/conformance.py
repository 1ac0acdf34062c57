"""The official conformance suite, once directly and once through the gateway: it must find the same, check by check,
down to the status codes and messages that it notes.

It cannot see JSON written anew, the moment at which an event arrives, or a disconnect noticed late; the part `wire`
does. Its `auth/*` client scenarios test a client's sign-in at a server of the suite: a gateway has no place there.
"""

import json
import sys
import tempfile
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from .. import saboteur
from ..paths import INTEROP
from ..processes import Process, free_port
from ..suite import Suite, Verdict
from ..world import Backends, Gateway, backends, for_upstream

#: What to run in server mode, and how many scenarios that is in the pinned version of the suite.
SERVER = {
    "2025-11-25": (("--requirements", "2025-11-25"), 33),
    "2026-07-28": (("--suite", "all", "--spec-version", "2026-07-28"), 40),
}
#: Scenarios of client mode that look at what reaches a server, or at what comes back from it.
CLIENT = [
    ("initialize", "2025-11-25"),
    ("tools_call", "2025-11-25"),
    ("elicitation-sep1034-client-defaults", "2025-11-25"),
    ("sse-retry", "2025-11-25"),
    ("json-schema-2020-12-preservation", "2025-11-25"),
    ("tools_call", "2026-07-28"),
    ("request-metadata", "2026-07-28"),
    ("http-standard-headers", "2026-07-28"),
    ("http-custom-headers", "2026-07-28"),
    ("http-invalid-tool-headers", "2026-07-28"),
    ("sep-2322-client-request-state", "2026-07-28"),
    ("json-schema-ref-no-deref", "2026-07-28"),
    ("json-schema-2020-12-preservation", "2026-07-28"),
]
#: Requests that revision 2026-07-28 no longer has; the suite still counts them as not exercised.
GONE = {"ClientMcpMethodHeader_initialize", "ClientMcpMethodHeader_notifications_initialized"}
#: The gateway refuses a foreign Host or Origin itself, in its own words.
OWN_WORDS = {"localhost-host-rebinding-rejected"}


@dataclass
class World:
    """The suite, an upstream with its fixtures, and a gateway before that."""

    suite: Suite
    stack: Backends
    upstream: str
    gateway_port: int

    @property
    def token(self) -> str:
        return self.stack.tokens["alice"]

    def server_directly(self, *selection: str) -> list[Verdict]:
        return self.suite.against_server(self.upstream, *selection)

    def server_through(self, *selection: str, between=None) -> list[Verdict]:
        """`between` may put something else in the gateway's place: it maps the gateway's port to another."""
        with between(self.gateway_port) if between else nullcontext(self.gateway_port) as port:
            origin = f"http://127.0.0.1:{port}"
            env = {"INTEROP_ORIGIN": origin, "INTEROP_TOKEN": self.token}
            return self.suite.against_server(f"{origin}/mcp", *selection, env=env)

    @contextmanager
    def injecting(self, _port: int):
        """Another gateway, which names a default region in every request."""
        port = free_port()
        configuration = for_upstream(self.stack.configuration, self.upstream) + "  meta: {AWS_REGION: eu-central-1}\n"
        with Gateway(configuration, port, {"AWS_ENDPOINT_URL_STS": self.stack.sts}):
            yield port

    def client_directly(self, scenario: str, revision: str) -> list[Verdict]:
        return self.suite.against_client(self._client, scenario, revision)

    def client_through(self, scenario: str, revision: str, sabotage: str | None = None) -> list[Verdict]:
        """`sabotage` names the function of the saboteur that changes the client's requests."""
        settings = {
            "configuration": self.stack.configuration,
            "sts": self.stack.sts,
            "token": self.token,
            "sabotage": sabotage,
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(settings, file)
            file.flush()
            command = [sys.executable, "-m", "interop.through", file.name, *self._client]
            return self.suite.against_client(command, scenario, revision, {"PYTHONPATH": str(INTEROP)})

    @property
    def _client(self) -> list[Path]:
        return [self.suite.node, self.suite.home / "clients" / "conformance" / "client.mjs"]


@contextmanager
def world():
    suite, port = Suite(), free_port()
    with ExitStack() as stack:
        embedded = stack.enter_context(backends(port))
        server = stack.enter_context(Process([suite.node, suite.home / "servers" / "conformance" / "server.mjs"]))
        upstream = server.wait_until(lambda: server.lines[:1], "the upstream")[0]
        configuration = for_upstream(embedded.configuration, upstream)
        stack.enter_context(Gateway(configuration, port, {"AWS_ENDPOINT_URL_STS": embedded.sts}))
        yield World(suite, embedded, upstream, port)


def must_pass(verdicts: list[Verdict]) -> None:
    lost = [verdict for verdict in verdicts if verdict.status not in ("SUCCESS", "INFO") and verdict.name not in GONE]
    assert not lost, "\n".join(map(str, lost))
    assert any(verdict.status == "SUCCESS" for verdict in verdicts), verdicts


def wordless(verdicts: list[Verdict]) -> list[Verdict]:
    """An upstream that is sent `_meta` may word its answer otherwise than one that is not."""
    return sorted(replace(verdict, text="") for verdict in verdicts)


def must_equal(direct: list[Verdict], through: list[Verdict]) -> None:
    one, other = ([replace(item, text="") if item.id in OWN_WORDS else item for item in run] for run in (direct, through))
    lines = [f"directly: {item}" for item in one if item not in other]
    lines += [f"through:  {item}" for item in other if item not in one]
    assert one == other, "\n".join(lines) or "the same checks, but not equally often"


def checks():
    with world() as here:
        for revision, (selection, count) in SERVER.items():
            direct: list[Verdict] = []

            def directly(selection=selection, count=count, direct=direct):
                direct += here.server_directly(*selection)
                must_pass(direct)
                assert len({verdict.scenario for verdict in direct}) == count, direct

            def through(selection=selection, direct=direct):
                assert direct, "nothing to compare with"
                must_equal(direct, here.server_through(*selection))

            def injected(selection=selection, direct=direct):
                assert direct, "nothing to compare with"
                through = here.server_through(*selection, between=here.injecting)
                must_equal(wordless(direct), wordless(through))

            yield f"server, {revision}: the upstream passes everything", directly
            yield f"server, {revision}: nothing differs through the gateway", through
            yield f"server, {revision}: no verdict differs where a region is injected", injected

        for scenario, revision in CLIENT:

            def client(scenario=scenario, revision=revision):
                direct = here.client_directly(scenario, revision)
                must_pass(direct)
                must_equal(direct, here.client_through(scenario, revision))

            yield f"client, {revision}: {scenario} passes, and nothing differs through the gateway", client


HARMLESS = saboteur.proxy()
BUFFERING = saboteur.proxy(saboteur.buffer_events)
#: Saboteurs before the gateway: what they break, the same proxy without that, and who must notice.
SERVER_SABOTAGES = [
    (saboteur.drop_session, saboteur.proxy(saboteur.drop_session), BUFFERING, "server-session-lifecycle", "2025-11-25"),
    (saboteur.rewrite_accepted, saboteur.proxy(saboteur.rewrite_accepted), BUFFERING, "dns-rebinding-protection", "2025-11-25"),
    (saboteur.forgive, saboteur.proxy(saboteur.forgive), BUFFERING, "http-header-validation", "2026-07-28"),
    (saboteur.buffer_events, BUFFERING, HARMLESS, "tools-call-elicitation", "2025-11-25"),
    (saboteur.welcome_anyone, saboteur.proxy(asked=saboteur.welcome_anyone), HARMLESS, "dns-rebinding-protection", "2025-11-25"),
    (saboteur.drop_names, saboteur.proxy(asked=saboteur.drop_names), HARMLESS, "http-header-validation", "2026-07-28"),
]
CLIENT_SABOTAGES = [
    (saboteur.drop_names, "http-standard-headers", "2026-07-28"),
    (saboteur.drop_parameters, "http-custom-headers", "2026-07-28"),
    (saboteur.drop_position, "sse-retry", "2025-11-25"),
]


def must_differ(direct: list[Verdict], through: list[Verdict]) -> None:
    try:
        must_equal(direct, through)
    except AssertionError:
        return
    raise RuntimeError("nothing differs although a proxy breaks it")


def sabotages():
    with world() as here:
        for change, broken, harmless, scenario, revision in SERVER_SABOTAGES:

            def server(broken=broken, harmless=harmless, selection=("--scenario", scenario, "--spec-version", revision, "--timeout", "5000")):
                direct = here.server_directly(*selection)
                must_equal(direct, here.server_through(*selection, between=harmless))
                must_differ(direct, here.server_through(*selection, between=broken))

            yield f"server, {scenario} notices: {change.__doc__}", server

        for change, scenario, revision in CLIENT_SABOTAGES:

            def client(change=change, scenario=scenario, revision=revision):
                direct = here.client_directly(scenario, revision)
                must_equal(direct, here.client_through(scenario, revision, saboteur.unchanged.__name__))
                must_differ(direct, here.client_through(scenario, revision, change.__name__))

            yield f"client, {scenario} notices: {change.__doc__}", client
