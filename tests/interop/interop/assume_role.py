"""The exchange through the execution role before moto with its checks of signatures and policies switched on: part of
`parts/moto.py`."""

from contextlib import contextmanager
from dataclasses import dataclass

from .aws import Aws, aws, settings
from .identity import Issuer, issuer
from .processes import free_port
from .rpc import call_tool, text_of
from .self_test import must_fail
from .world import Gateway

EXECUTION_ROLE = "arn:aws:iam::111122223333:role/RolecallExecutionRole"
TEAM_ROLE = "arn:aws:iam::111122223333:role/TeamRole"
DEFAULT_ROLE = "arn:aws:iam::111122223333:role/DefaultMCPRole"
FOREIGN_ROLE = "arn:aws:iam::111122223333:role/ForeignRole"
AUDIENCE = "aws-mcp"
RESOURCE = "urn:rolecall:aws-mcp"
#: No spaces in tags: moto checks a signature over its own encoding of the form, which writes them otherwise.
OWN_TAGS = {"principal_tags": {"Team": ["Zoë=7/8"]}, "transitive_tag_keys": ["Team"]}
#: Account → claims.
PEOPLE = {
    "alice@example.com": {"groups": ["team", "developers"], "department": "R+D/7"},
    "bob@example.com": {"groups": ["team"], "https://aws.amazon.com/tags": OWN_TAGS},
    "carol@example.com": {"groups": []},
    "mallory@example.com": {"groups": ["foreign"]},
}


@dataclass
class World:
    issuer: Issuer
    aws: Aws
    gateway: Gateway

    def call(self, account: str):
        return call_tool(self.gateway.url, self.issuer.token(account, RESOURCE), "whoami")


@contextmanager
def world(sts_changes=None):
    resources = {RESOURCE: {"audience": AUDIENCE, "alg": "RS256"}}
    # moto knows no OIDC provider: nobody at STS sees a token.
    with issuer(PEOPLE, resources) as provider, aws(provider.url, [], {}, sts_changes) as behind:
        port = free_port()
        environment = behind.execution_role(EXECUTION_ROLE, [TEAM_ROLE, DEFAULT_ROLE], [FOREIGN_ROLE])
        environment |= {"AWS_ENDPOINT_URL_STS": behind.sts.origin}
        with Gateway(configuration(port, provider, behind), port, environment) as gateway:
            yield World(provider, behind, gateway)


def configuration(port: int, provider: Issuer, behind: Aws) -> str:
    mappings = [{"claim": "team", "roleArn": TEAM_ROLE, "sessionDuration": 900}, {"claim": "foreign", "roleArn": FOREIGN_ROLE}]
    sts = {"exchange": "assumeRole", "roleMappings": mappings, "fallbackRoleArn": DEFAULT_ROLE}
    sts |= {"sessionTags": {"Groups": "groups", "CostCenter": "department"}}
    oidc = {"issuer": provider.url, "audience": AUDIENCE}
    return settings(f"http://127.0.0.1:{port}/mcp", oidc, sts, f"{behind.upstream.origin}/mcp")


def checks():
    with world() as here:
        yield from checks_of(here)


def checks_of(here: World):
    yield "assumeRole: moto believes the signature and opens the session", lambda: session_is_opened(here)
    yield "assumeRole: source identity and tags from claims reach STS", lambda: claims_become_tags(here)
    yield "assumeRole: the token's own tags reach STS", lambda: own_tags_pass(here)
    yield "assumeRole: without such claims no tags are sent", lambda: no_tags(here)
    yield "assumeRole: a role that does not trust the execution role refuses", lambda: trust_refuses(here)


def session_is_opened(here: World) -> None:
    arn = text_of(here.call("alice@example.com"))
    assert arn == "arn:aws:sts::111122223333:assumed-role/TeamRole/alice@example.com", arn
    used = here.aws.calls()[-1]["access_key"]
    session = next(one for one in here.aws.sessions() if one["access_key_id"] == used)
    assert (session["arn"], session["role_arn"]) == (arn, TEAM_ROLE), session
    request, _ = here.aws.sts.exchanges[-1]
    assert "/us-east-1/sts/aws4_request" in request.header("authorization"), request.headers


def claims_become_tags(here: World) -> None:
    assert exchange_for(here, "alice@example.com") == asked(TEAM_ROLE, "alice@example.com", 900) | {
        "Tags.member.1.Key": "CostCenter",
        "Tags.member.1.Value": "R+D/7",
        "Tags.member.2.Key": "Groups",
        "Tags.member.2.Value": "team:developers",
    }


def own_tags_pass(here: World) -> None:
    assert exchange_for(here, "bob@example.com") == asked(TEAM_ROLE, "bob@example.com", 900) | {
        "Tags.member.1.Key": "Team",
        "Tags.member.1.Value": "Zoë=7/8",
        "TransitiveTagKeys.member.1": "Team",
    }


def no_tags(here: World) -> None:
    assert exchange_for(here, "carol@example.com") == asked(DEFAULT_ROLE, "carol@example.com", 3600)


def asked(role: str, account: str, seconds: int) -> dict[str, str]:
    """What every AssumeRole call of the gateway has, and nothing else: no token among it."""
    call = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role, "DurationSeconds": str(seconds)}
    return call | {"RoleSessionName": account, "SourceIdentity": account}


def exchange_for(here: World, account: str) -> dict[str, str]:
    """What STS was asked for this session, at the latest now."""
    text_of(here.call(account))
    return next(one for one in here.aws.exchanges() if one["RoleSessionName"] == account)


def trust_refuses(here: World) -> None:
    """moto's error document is not STS's, so the gateway can't read the code and takes it for an unknown one."""
    reply = here.call("mallory@example.com")
    assert (reply.status, reply.json()["error"]["data"]["reason"]) == (502, "sts_misconfigured"), (reply.status, reply.body)
    _, answer = here.aws.sts.exchanges[-1]
    assert here.aws.exchanges()[-1]["RoleArn"] == FOREIGN_ROLE
    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True), answer
    assert not any(one["role_arn"] == FOREIGN_ROLE for one in here.aws.sessions())


def change_tag(request):
    """a session tag changed on the way to STS"""
    return with_body(request, b"developers", b"admins")


def change_source_identity(request):
    """another source identity"""
    return with_body(request, b"SourceIdentity=alice", b"SourceIdentity=mallory")


def change_signing_time(request):
    """another time of signature"""
    time = request.header("x-amz-date")
    other = f"{time[:-3]}{'30' if time.endswith('00Z') else '00'}Z"
    request.headers = [(name, other if name.lower() == "x-amz-date" else value) for name, value in request.headers]
    return request


def change_role(request):
    """a role that does trust the execution role, where another was asked for"""
    return with_body(request, b"ForeignRole", b"TeamRole")


def with_body(request, old: bytes, new: bytes):
    request.body = request.body.replace(old, new)
    return request


def sabotages():
    opened = "assumeRole: moto believes the signature and opens the session"
    table = [
        (change_tag, opened),
        (change_source_identity, opened),
        (change_signing_time, opened),
        (change_role, "assumeRole: a role that does not trust the execution role refuses"),
    ]
    for change, victim in table:

        def noticed(change=change, victim=victim) -> None:
            with world({"change_request": change}) as here:
                must_fail(checks_of(here), victim)

        yield f"assumeRole notices: {change.__doc__}", noticed
