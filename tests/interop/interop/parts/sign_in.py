"""MCP clients find the issuer through the gateway, register, sign in at a certified OpenID provider and call
a tool: with the gateway's challenge, and where a function URL has renamed the header that carries it."""

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass

from .. import installed
from ..aws import Aws, aws, settings
from ..identity import Issuer, issuer
from ..paths import INTEROP
from ..processes import free_port, run
from ..proxy import Proxy, Request, Response
from ..self_test import must_fail
from ..world import Gateway

ROLE = "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole"
USER = "alice@example.com"
SESSION = f"arn:aws:sts::111122223333:assumed-role/S3ReadOnlyMCPRole/{USER}"
SCOPE = "mcp"
CHALLENGE = "www-authenticate"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
CLIENT_SECONDS = 180
DRIVERS = INTEROP / "clients"
#: Client → the command that signs in and calls a tool at this URL.
CLIENTS = {
    "TypeScript 1.x": lambda url: [*installed.script("typescript-1", "clients/sign_in_typescript_1.mjs"), url],
    "TypeScript 2.x": lambda url: [*installed.script("typescript-2", "clients/sign_in_typescript_2.mjs"), url],
    "Python 1.x": lambda url: [installed.python("python-1"), DRIVERS / "sign_in_python_1.py", url],
    "Python 2.x": lambda url: [installed.python("python-2"), DRIVERS / "sign_in_python_2.py", url],
    "rmcp": lambda url: [installed.crate("rmcp"), url, sys.executable, "-m", "interop.browser"],
    "Inspector CLI": lambda url: [
        sys.executable,
        DRIVERS / "sign_in_inspector.py",
        installed.node("inspector") / "node_modules/.bin",
        url,
    ],
}


@dataclass
class World:
    issuer: Issuer
    aws: Aws
    gateway: Gateway
    #: Where clients connect: it stands for the front door.
    door: Proxy

    @property
    def url(self) -> str:
        return f"{self.door.origin}/mcp"


def as_it_is(_: Request, response: Response) -> Response:
    return response


def renamed(_: Request, response: Response) -> Response:
    """What Lambda function URLs do to the challenge."""
    response.headers = [(f"x-amzn-remapped-{name}" if name.lower() == CHALLENGE else name, value) for name, value in response.headers]
    return response


@contextmanager
def world(at_the_door=as_it_is):
    port = free_port()
    with Proxy(port, change_response=at_the_door) as door:
        resource = f"{door.origin}/mcp"
        with (
            issuer({USER: {"groups": ["s3-readers"]}}, {resource: {"audience": resource, "alg": "RS256"}}) as provider,
            aws(provider.url, [resource], {ROLE: {}}) as behind,
            Gateway(
                configuration(resource, provider, behind), port, {"AWS_ENDPOINT_URL_STS": behind.sts.origin}
            ) as gateway,
        ):
            yield World(provider, behind, gateway, door)


def configuration(resource: str, provider: Issuer, behind: Aws) -> str:
    mapping = {"claim": "s3-readers", "roleArn": ROLE}
    oidc = {"issuer": provider.url, "audience": resource, "requiredScopes": [SCOPE], "scopesSupported": [SCOPE]}
    sts = {"roleClaim": "groups", "roleMappings": [mapping]}
    return settings(resource, oidc, sts, f"{behind.upstream.origin}/mcp")


def checks():
    with world() as here:
        yield from checks_of(here, "with the challenge")
    with world(renamed) as here:
        yield from checks_of(here, "with the challenge renamed")


def checks_of(here: World, circumstance: str):
    for client, command in CLIENTS.items():
        yield f"{client} signs in and calls, {circumstance}", lambda command=command: signs_in(here, command)


def signs_in(here: World, command) -> None:
    grants, exchanges = len(here.issuer.events("grant.success")), len(here.door.exchanges)
    result = run(command(here.url), {"PYTHONPATH": str(INTEROP)}, seconds=CLIENT_SECONDS)
    seen = [(request.method, request.path, response.status) for request, response in here.door.exchanges[exchanges:]]
    assert result.returncode == 0, (result.stdout, result.stderr, seen, here.issuer.process.lines[-5:])
    assert json.loads(result.stdout)["text"] == SESSION, result.stdout
    assert seen[0][2] == 401, seen
    assert any(path.startswith(WELL_KNOWN) and status == 200 for _, path, status in seen), seen
    granted = here.issuer.events("grant.success")[grants:]
    assert [grant["resource"] for grant in granted] == [here.url], granted
    registered = {event["client"] for event in here.issuer.events("registration_create.success")}
    assert granted[0]["client"] in registered, granted
    called = [line for line in here.gateway.audit() if line["type"] == "mcp_tool_call"][-1]
    subject = called["subject"]
    assert (subject["issuer"], subject["sub"]) == (here.issuer.url, USER), called
    assert subject["client_id"] == granted[0]["client"], called


def of_another_resource(request: Request, response: Response) -> Response:
    """metadata of another resource"""
    if request.path.startswith(WELL_KNOWN) and response.status == 200:
        metadata = json.loads(response.body) | {"resource": "https://mcp.elsewhere.example.com/mcp"}
        response.body = json.dumps(metadata).encode()
    return response


def no_way_to_the_issuer(request: Request, response: Response) -> Response:
    """neither a challenge nor metadata"""
    if request.path.startswith(WELL_KNOWN):
        return Response(404, [], b"")
    return renamed(request, response)


def sabotages():
    for breaks in (of_another_resource, no_way_to_the_issuer):
        for client in CLIENTS:

            def noticed(breaks=breaks, client=client) -> None:
                with world(breaks) as here:
                    must_fail(checks_of(here, "now"), f"{client} signs in and calls, now")
                    assert here.door.exchanges, "the client failed before it came"

            yield f"{client} notices: {breaks.__doc__}", noticed
