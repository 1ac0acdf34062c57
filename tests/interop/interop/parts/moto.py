"""moto as STS and IAM, botocore as the judge of signatures: the role session the gateway asks for is the configured
one, and every byte it sends upstream is signed with the credentials that moto gave out for it."""

import hashlib
import json
import os
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass

from .. import assume_role
from ..aws import Aws, aws, settings
from ..identity import Issuer, issuer
from ..processes import free_port
from ..rpc import JSON_HEADERS, call_tool, send, text_of
from ..self_test import must_fail
from ..world import Gateway

ROLE = "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole"
OTHER_ROLE = "arn:aws:iam::111122223333:role/DefaultMCPRole"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
#: Account → groups. The second's name can't be a session name as it is.
PEOPLE = {"alice@example.com": ["s3-readers"], "Zoë Müller": ["s3-readers"], "carol@example.com": []}
AUDIENCE = "aws-mcp"
RESOURCE = "urn:rolecall:aws-mcp"
ALWAYS_SIGNED = {"host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
#: name → method, content type, body, status
REQUESTS = {
    "POST, JSON": ("POST", "application/json", PING, 200),
    "POST, JSON written oddly": ("POST", "application/json", b'\n{ "id" : 1e0,\t"method":"ping","x":"\\u00e9\xc3\xa9"}\r\n', 200),
    "POST, a charset": ("POST", 'application/json; charset="utf-8"', PING, 200),
    "POST, spaces and capitals": ("POST", 'Application/JSON ;  a="b   c" ;D=e', PING, 200),
    "POST, another type": ("POST", "application/vnd.example+cbor", bytes(range(256)), 200),
    "POST, empty": ("POST", "application/json", b"", 200),
    "POST, 6 MB": ("POST", "application/json", os.urandom(6 * 1024 * 1024), 200),
    "GET": ("GET", None, None, 405),
    "DELETE": ("DELETE", None, None, 204),
}


@dataclass
class World:
    issuer: Issuer
    aws: Aws
    gateway: Gateway

    def token(self, account: str) -> str:
        return self.issuer.token(account, RESOURCE)


@contextmanager
def world(sts_changes=None, upstream_changes=None):
    claims = {account: {"groups": groups} for account, groups in PEOPLE.items()}
    with issuer(claims, {RESOURCE: {"audience": AUDIENCE, "alg": "RS256"}}) as provider:
        condition = {"StringEquals": {f"{provider.url.split('://', 1)[1]}:aud": AUDIENCE}}
        roles = {ROLE: condition, OTHER_ROLE: condition}
        port = free_port()
        with (
            aws(provider.url, [AUDIENCE], roles, sts_changes, upstream_changes) as behind,
            Gateway(configuration(port, provider, behind), port, {"AWS_ENDPOINT_URL_STS": behind.sts.origin}) as gateway,
        ):
            yield World(provider, behind, gateway)


def configuration(port: int, provider: Issuer, behind: Aws) -> str:
    mapping = {"claim": "s3-readers", "roleArn": ROLE, "sessionDuration": 900}
    mapping |= {"policyArns": [READ_ONLY], "sessionPolicy": POLICY}
    sts = {"roleMappings": [mapping], "fallbackRoleArn": OTHER_ROLE, "roleClaim": "groups", "sessionDuration": 1800}
    oidc = {"issuer": provider.url, "audience": AUDIENCE}
    return settings(f"http://127.0.0.1:{port}/mcp", oidc, sts, f"{behind.upstream.origin}/mcp")


def checks():
    with world() as here:
        yield from checks_of(here)
    yield from assume_role.checks()


def checks_of(here: World):
    for name, request in REQUESTS.items():
        yield f"signed as botocore signs: {name}", lambda request=request: is_signed(here, *request)
    yield "the credentials are those moto gave out", lambda: credentials_are_motos(here)
    yield "session name, duration and policies reach STS", lambda: mapping_reaches_sts(here)
    yield "the fallback role without session policies", lambda: fallback_reaches_sts(here)
    yield "a name that STS would not take", lambda: odd_name(here)
    yield "one exchange for a user, one for each user", lambda: exchanges_are_cached(here)
    yield "credentials that AWS no longer knows are renewed", lambda: forgotten_credentials(here)


def is_signed(here: World, method: str, content_type: str | None, body: bytes | None, status: int) -> None:
    headers = JSON_HEADERS | {"content-type": content_type} if content_type else {}
    reply = send(method, here.gateway.url, here.token("alice@example.com"), body, headers)
    assert reply.status == status, (reply.status, reply.body)
    call = here.aws.calls()[-1]
    assert call["refused"] is None, call
    assert (call["method"], call["content_type"]) == (method, content_type), call
    assert call["sha256"] == hashlib.sha256(body or b"").hexdigest(), call
    expected = ALWAYS_SIGNED | ({"content-type"} if content_type else set())
    assert set(call["signed"]) == expected, call


def credentials_are_motos(here: World) -> None:
    arn = text_of(call_tool(here.gateway.url, here.token("alice@example.com"), "whoami"))
    used = here.aws.calls()[-1]["access_key"]
    session = next(one for one in here.aws.sessions() if one["access_key_id"] == used)
    assert arn == session["arn"] == "arn:aws:sts::111122223333:assumed-role/S3ReadOnlyMCPRole/alice@example.com"
    audited = [line["aws"] for line in here.gateway.audit() if line["type"] == "mcp_tool_call"][-1]
    assert (audited["access_key_id"], audited["assumed_role_arn"]) == (used, arn), audited


def mapping_reaches_sts(here: World) -> None:
    token = here.token("alice@example.com")
    parameters = exchange_for(here, "alice@example.com", token)
    policy = json.loads(parameters.pop("Policy"))
    assert policy == POLICY, policy
    presented = parameters.pop("WebIdentityToken")
    assert presented.count(".") == 2, presented
    assert parameters == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "alice@example.com",
        "DurationSeconds": "900",
        "PolicyArns.member.1.arn": READ_ONLY,
    }, parameters
    request, _ = here.aws.sts.exchanges[0]
    assert request.header("authorization") is None, "the call to STS must be unsigned"
    session = next(one for one in here.aws.sessions() if one["session_name"] == "alice@example.com")
    assert (session["role_arn"], json.loads(session["policy"])) == (ROLE, POLICY), session


def fallback_reaches_sts(here: World) -> None:
    parameters = exchange_for(here, "carol@example.com", here.token("carol@example.com"))
    assert (parameters["RoleArn"], parameters["DurationSeconds"]) == (OTHER_ROLE, "1800"), parameters
    assert not {"Policy", "PolicyArns.member.1.arn"} & set(parameters), parameters


def exchange_for(here: World, session_name: str, token: str) -> dict[str, str]:
    """What STS was asked for this session, at the latest now."""
    text_of(call_tool(here.gateway.url, token, "whoami"))
    return next(one for one in here.aws.exchanges() if one["RoleSessionName"] == session_name)


def odd_name(here: World) -> None:
    arn = text_of(call_tool(here.gateway.url, here.token("Zoë Müller"), "whoami"))
    name = arn.rsplit("/", 1)[1]
    assert name.isascii() and " " not in name and 2 <= len(name) <= 64, name
    assert name in {session["session_name"] for session in here.aws.sessions()}


def exchanges_are_cached(here: World) -> None:
    for account in PEOPLE:
        call_tool(here.gateway.url, here.token(account), "whoami")
    known = len(here.aws.exchanges())
    keys = set()
    for account in PEOPLE:
        text_of(call_tool(here.gateway.url, here.token(account), "whoami"))
        keys.add(here.aws.calls()[-1]["access_key"])
    assert len(here.aws.exchanges()) == known, "a second call was exchanged again"
    assert len(keys) == len(PEOPLE), keys


def forgotten_credentials(here: World) -> None:
    token = here.token("alice@example.com")
    text_of(call_tool(here.gateway.url, token, "whoami"))
    old = here.aws.calls()[-1]["access_key"]
    urllib.request.urlopen(f"{here.aws.moto}/moto-api/reset", data=b"", timeout=10).close()
    text_of(call_tool(here.gateway.url, token, "whoami"))
    refused, accepted = here.aws.calls()[-2:]
    assert refused["refused"] == "access key unknown to STS", refused
    assert accepted["access_key"] != old, accepted


def change_host(request):
    """a host that was not signed"""
    return with_header(request, "host", "aws-mcp.us-east-1.api.aws")


def change_body(request):
    """a body with one more byte"""
    request.body += b" "
    return request


def change_content_type(request):
    """another content type"""
    return with_header(request, "content-type", "text/plain")


def change_session_token(request):
    """another session's token"""
    return with_header(request, "x-amz-security-token", "FQoGZXIvYXdzEBYaDKaCkaZaYWle4cShqaYIAtA5")


def change_secret(_, response):
    """a secret key that moto did not issue"""
    response.body = response.body.replace(b"<SecretAccessKey>", b"<SecretAccessKey>A", 1)
    return response


def change_duration(request):
    """another session duration"""
    request.body = request.body.replace(b"DurationSeconds=900", b"DurationSeconds=3600")
    return request


def with_header(request, name: str, value: str):
    request.headers = [(given, value if given.lower() == name else old) for given, old in request.headers]
    return request


def sabotages():
    signed = "signed as botocore signs: POST, JSON"
    table = [
        (change_host, {"upstream_changes": {"change_request": change_host}}, signed),
        (change_body, {"upstream_changes": {"change_request": change_body}}, signed),
        (change_content_type, {"upstream_changes": {"change_request": change_content_type}}, signed),
        (change_session_token, {"upstream_changes": {"change_request": change_session_token}}, signed),
        (change_secret, {"sts_changes": {"change_response": change_secret}}, signed),
        (change_duration, {"sts_changes": {"change_request": change_duration}}, "session name, duration and policies reach STS"),
    ]
    for change, changes, victim in table:

        def noticed(changes=changes, victim=victim) -> None:
            with world(**changes) as here:
                must_fail(checks_of(here), victim)

        yield f"notices: {change.__doc__}", noticed
    yield from assume_role.sabotages()
