"""moto's Parameter Store and S3 as sources of the configuration. moto checks each signature with botocore and each
action against IAM, so both the requests and the permissions that the documentation names are judged by somebody else.
moto believes the body's hash as it is sent; the stand-ins of the end-to-end tests don't."""

import json
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass

from .. import installed
from ..aws import REGION, SERVERS
from ..processes import Process, free_port, run
from ..proxy import Proxy
from ..self_test import must_fail
from ..world import binary, get

SECONDS = 20
PARAMETER = "/rolecall/gateway"
URL_PARAMETER = "/rolecall/resource-url"
BUCKET = "config.example.com"
KEY = "a b/ü+&=%41%?#;,:@!$'()*[]~//gateway.yaml"
SOURCES = {f"ssm:{PARAMETER}": "ssm:GetParameters", f"s3://{BUCKET}/{KEY}": "s3:GetObject"}


@dataclass
class Cloud:
    """moto with its checks on. The gateway reaches it through the proxy."""

    moto: str
    proxy: Proxy
    admin: list[str]
    #: action → keys of a user who may do that and nothing else
    users: dict[str, list[str]]

    def write(self, source: str, document: str) -> None:
        if source.startswith("ssm:"):
            tell(self.moto, keys=self.admin, parameters={PARAMETER: document})
        else:
            tell(self.moto, keys=self.admin, objects={BUCKET: {KEY: document}})


def tell(moto: str, **wanted) -> str:
    result = run([installed.python("moto"), SERVERS / "moto_sources.py", moto, json.dumps(wanted)])
    assert result.returncode == 0, result.stderr
    return result.stdout


@contextmanager
def cloud(**changes):
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with (
        Process([installed.python("moto"), "-m", "moto.server", "-H", "127.0.0.1", "-p", port]) as process,
        Proxy(port, **changes) as proxy,
    ):
        process.listens_on(port)
        admin = json.loads(tell(origin, actions=["*"]))
        users = {action: json.loads(tell(origin, actions=[action])) for action in SOURCES.values()}
        # From now on every request must be signed by one of them, and allowed.
        order = urllib.request.Request(f"{origin}/moto-api/reset-auth", b"0", {"content-type": "text/plain"})
        urllib.request.urlopen(order, timeout=10).close()
        yield Cloud(origin, proxy, admin, users)


def document(url: str, name: str) -> str:
    return json.dumps({
        "resourceUrl": url,
        "resourceName": name,
        "oidc": {"issuer": "http://127.0.0.1:9/", "audience": "aws-mcp"},
        "awsSts": {"region": REGION, "fallbackRoleArn": "arn:aws:iam::111122223333:role/DefaultMCPRole"},
    })


@contextmanager
def gateway(here: Cloud, source: str, keys: list[str], more: dict[str, str] | None = None):
    """The gateway as this user; yields the origin, once it listens."""
    port = free_port()
    settings = {
        "ROLECALL_CONFIG": source,
        "ROLECALL_CONFIG_REFRESH_SECONDS": "1",
        "ROLECALL_LISTEN": f"127.0.0.1:{port}",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        "AWS_ENDPOINT_URL_SSM": here.proxy.origin,
        "AWS_ENDPOINT_URL_S3": here.proxy.origin,
    }
    with Process([binary("rolecall-gateway")], settings | (more or {})) as process:
        try:
            process.listens_on(port)
        except RuntimeError as error:
            raise AssertionError(str(error)) from error
        yield f"http://127.0.0.1:{port}"


def metadata(origin: str) -> dict:
    host = {"host": "mcp.example.com"}
    status, _, body = get(f"{origin}/.well-known/oauth-protected-resource", host)
    assert status == 200, (status, body)
    return json.loads(body)


def checks():
    print("config_sources: AppConfig is not covered, moto has no AppConfig Data", file=sys.stderr)
    with cloud() as here:
        yield from checks_of(here)


def checks_of(here: Cloud):
    for source, action in SOURCES.items():
        service = source.split(":")[0]
        yield f"{service}: read at start, signed, with {action} alone", lambda s=source, a=action: starts(here, s, a)
        yield f"{service}: a change is in force soon", lambda s=source, a=action: refreshes(here, s, a)
        yield f"{service}: without {action} the start fails and names it", lambda s=source, a=action: is_denied(here, s, a)
    yield "ssm: a variable takes its value from a parameter", lambda: takes_variable(here)


def starts(here: Cloud, source: str, action: str) -> None:
    here.write(source, document("https://mcp.example.com/mcp", "first"))
    with gateway(here, source, here.users[action]) as origin:
        assert metadata(origin)["resource_name"] == "first"


def refreshes(here: Cloud, source: str, action: str) -> None:
    here.write(source, document("https://mcp.example.com/mcp", "first"))
    with gateway(here, source, here.users[action]) as origin:
        here.write(source, document("https://mcp.example.com/mcp", "second"))
        deadline = time.monotonic() + SECONDS
        while metadata(origin)["resource_name"] != "second":
            assert time.monotonic() < deadline, "the change does not arrive"
            time.sleep(0.1)


def is_denied(here: Cloud, source: str, action: str) -> None:
    here.write(source, document("https://mcp.example.com/mcp", "first"))
    other = next(keys for allowed, keys in here.users.items() if allowed != action)
    try:
        with gateway(here, source, other):
            raise AssertionError("it started without the permission")
    except AssertionError as error:
        said = str(error)
        assert "AccessDenied" in said and f"allow the execution role {action}" in said, said
        assert other[1] not in said, "a secret key is shown"


def takes_variable(here: Cloud) -> None:
    url = "https://mcp.example.com/from/a/parameter"
    source = f"ssm:{PARAMETER}"
    here.write(source, document("${ROLECALL_RESOURCE_URL}", "first"))
    tell(here.moto, keys=here.admin, parameters={URL_PARAMETER: url})
    reference = {"ROLECALL_RESOURCE_URL": f"ssm:{URL_PARAMETER}"}
    with gateway(here, source, here.users["ssm:GetParameters"], reference) as origin:
        assert metadata(origin)["resource"] == url


def change_target(request):
    """another operation than the one that was signed"""
    return with_header(request, "x-amz-target", "AmazonSSM.GetParameter")


def change_host(request):
    """a host that was not signed"""
    return with_header(request, "host", "ssm.us-east-1.amazonaws.com")


def change_path(request):
    """the path of another object"""
    request.path = request.path.replace("gateway.yaml", "gateway.yam")
    return request


def change_date(request):
    """another time than was signed"""
    return with_header(request, "x-amz-date", "20200101T000000Z")


def with_header(request, name: str, value: str):
    request.headers = [(given, value if given.lower() == name else old) for given, old in request.headers]
    return request


def sabotages():
    ssm, s3 = (f"{source.split(':')[0]}: read at start, signed, with {action} alone" for source, action in SOURCES.items())
    for change, victim in [(change_target, ssm), (change_host, ssm), (change_path, s3), (change_date, s3)]:

        def noticed(change=change, victim=victim) -> None:
            with cloud(change_request=change) as here:
                must_fail(checks_of(here), victim)

        yield f"notices: {change.__doc__}", noticed
