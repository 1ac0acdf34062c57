"""Tokens of a certified OpenID provider (npm `oidc-provider`) through the gateway to moto's STS: what is let in, as
which role, and what is not."""

import base64
import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from ..aws import Aws, aws, settings
from ..identity import Issuer, issuer
from ..processes import free_port
from ..rpc import Reply, call_tool, text_of
from ..self_test import must_fail
from ..world import Gateway

READER = "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole"
ADMIN = "arn:aws:iam::444455556666:role/AdminMCPRole"
AWS_TAGS = "https://aws.amazon.com/tags"
#: Account or client → what the provider adds to its tokens.
CLAIMS = {
    "alice@example.com": {"groups": ["developers", "s3-readers"]},
    "bob@example.com": {"groups": ["s3-readers", "admins"]},
    "carol@example.com": {"https://example.com/roles": ["s3-readers"]},
    "dora@example.com": {"realm_access": {"roles": ["s3-readers"]}},
    "erin@example.com": {AWS_TAGS: {"principal_tags": {"Team": ["s3-readers"]}, "transitive_tag_keys": ["Team"]}},
    "frank@example.com": {"groups": ["developers"]},
    "grace@example.com": {"groups": ["s3-readers"]},
    "pipeline": {"groups": ["s3-readers"]},
}
#: Claim form → (the gateway's roleClaim, who, the role)
FORMS = {
    "groups, an array": ("groups", "alice@example.com", READER),
    "two groups, the better priority": ("groups", "bob@example.com", ADMIN),
    "roles under a name with slashes": ("https://example.com/roles", "carol@example.com", READER),
    "roles below a dotted path": ("realm_access.roles", "dora@example.com", READER),
    "nested principal tags": (f"{AWS_TAGS}/principal_tags/Team", "erin@example.com", READER),
}
AUDIENCE = "aws-mcp"
BY_NAME = "urn:rolecall:by-name"
ELSEWHERE = "urn:rolecall:elsewhere"
OPAQUE = "urn:rolecall:opaque"


@dataclass
class World:
    issuer: Issuer
    aws: Aws
    #: roleClaim → the gateway that reads it
    gateways: dict[str, Gateway]
    #: The resource that has the provider put the gateway's own URL into `aud`.
    resource: str

    @property
    def url(self) -> str:
        return self.gateways["groups"].url


@contextmanager
def world(sts_changes=None):
    port = free_port()
    resource = f"http://127.0.0.1:{port}/mcp"
    resources = {
        resource: {"audience": resource, "alg": "RS256"},
        BY_NAME: {"audience": AUDIENCE, "alg": "ES256"},
        ELSEWHERE: {"audience": "https://elsewhere.example.com", "alg": "RS256"},
        OPAQUE: {"audience": AUDIENCE},
    }
    roles = {READER: {}, ADMIN: {}}
    with ExitStack() as stack:
        provider = stack.enter_context(issuer(CLAIMS, resources))
        behind = stack.enter_context(aws(provider.url, [AUDIENCE, resource], roles, sts_changes=sts_changes))
        environment = {"AWS_ENDPOINT_URL_STS": behind.sts.origin}
        gateways = {}
        for role_claim, _, _ in FORMS.values():
            if role_claim not in gateways:
                listen = free_port() if gateways else port
                yaml = configuration(resource, provider.url, role_claim, f"{behind.upstream.origin}/mcp")
                gateways[role_claim] = stack.enter_context(Gateway(yaml, listen, environment))
        yield World(provider, behind, gateways, resource)


def configuration(resource: str, issuer_url: str, role_claim: str, upstream: str) -> str:
    mappings = [
        {"claim": "s3-readers", "roleArn": READER, "priority": 10},
        {"claim": "admins", "roleArn": ADMIN, "priority": 1},
    ]
    oidc = {"issuer": issuer_url, "audience": [AUDIENCE, resource], "algorithms": ["RS256", "ES256"]}
    return settings(resource, oidc, {"roleClaim": role_claim, "roleMappings": mappings}, upstream)


def session_arn(role: str, name: str) -> str:
    account, role_name = role.split(":")[4], role.rsplit("/", 1)[1]
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}"


def header_of(token: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))


def refused(reply: Reply, status: int, reason: str, words: str) -> None:
    body = reply.json()
    assert (reply.status, body["error"]) == (status, reason), (reply.status, body)
    assert words in body["error_description"], body


def checks():
    with world() as here:
        yield from checks_of(here)


def checks_of(here: World):
    def served(role_claim: str, token: str, arn: str) -> None:
        reply = call_tool(here.gateways[role_claim].url, token, "whoami")
        assert text_of(reply) == arn, reply

    def code(resource: str, algorithm: str) -> None:
        token = here.issuer.token("alice@example.com", resource)
        assert header_of(token)["alg"] == algorithm, header_of(token)
        served("groups", token, session_arn(READER, "alice@example.com"))

    yield "code with PKCE, RS256, aud = the endpoint", lambda: code(here.resource, "RS256")
    yield "code with PKCE, ES256, aud = aws-mcp", lambda: code(BY_NAME, "ES256")

    def machine() -> None:
        served("groups", here.issuer.machine_token(BY_NAME), session_arn(READER, "pipeline"))

    yield "client credentials", machine

    for form, (role_claim, account, role) in FORMS.items():

        def mapped(role_claim=role_claim, account=account, role=role) -> None:
            served(role_claim, here.issuer.token(account, here.resource), session_arn(role, account))

        yield f"role from {form}", mapped

    def the_users_own_token() -> None:
        token = here.issuer.token("grace@example.com", BY_NAME)
        text_of(call_tool(here.url, token, "whoami"))
        assert here.aws.exchanges()[-1]["WebIdentityToken"] == token

    yield "STS gets the user's own token", the_users_own_token

    def no_role() -> None:
        before = len(here.aws.exchanges())
        reply = call_tool(here.url, here.issuer.token("frank@example.com", here.resource), "whoami")
        error = reply.json()
        assert reply.status == 403 and "no_role" in json.dumps(error), (reply.status, error)
        assert len(here.aws.exchanges()) == before

    yield "no role without a mapped group", no_role

    def elsewhere() -> None:
        reply = call_tool(here.url, here.issuer.token("alice@example.com", ELSEWHERE), "whoami")
        refused(reply, 401, "invalid_token", "audience")

    yield "refused: a token for another audience", elsewhere

    def opaque() -> None:
        reply = call_tool(here.url, here.issuer.token("alice@example.com", OPAQUE), "whoami")
        refused(reply, 401, "invalid_token", "opaque")

    yield "refused: an opaque access token, and why", opaque

    def id_token() -> None:
        token = here.issuer.sign_in("alice@example.com", here.resource)["id_token"]
        refused(call_tool(here.url, token, "whoami"), 401, "invalid_token", "audience")

    yield "refused: an ID token, made for its client", id_token

    def rotation() -> None:
        unseen = here.issuer.token("alice@example.com", here.resource)
        here.issuer.rotate()
        served("groups", here.issuer.token("alice@example.com", here.resource), session_arn(READER, "alice@example.com"))
        refused(call_tool(here.url, unseen, "whoami"), 401, "invalid_token", "key")

    yield "new keys at once, retired keys no longer", rotation


def sabotages():
    def give_everybody_the_reader(request):
        request.body = request.body.replace(quote(ADMIN, "").encode(), quote(READER, "").encode())
        return request

    def wrong_role() -> None:
        with world({"change_request": give_everybody_the_reader}) as here:
            must_fail(checks_of(here), "role from two groups, the better priority")

    yield "notices: another role than the mapped one", wrong_role
