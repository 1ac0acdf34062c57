"""template.yaml as a stack in moto, and the gateway's own binary in the place of the function."""

import io
import json
import re
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from . import sam
from .aws import REGION, SERVERS, SERVICE
from .cloudformation import Resolved
from .installed import python
from .paths import INTEROP
from .processes import Process, free_port, run
from .proxy import Proxy
from .scenarios import ISSUER, Scenario
from .world import Gateway

BUCKET = "deployment"
TEAM_TAG = {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["s3-readers"]}, "transitive_tag_keys": []}}
GROUPS = {"groups": ["s3-readers"], "realm_access": {"roles": ["s3-readers"]}}
#: Name → claims beside `iss`, `aud`, `sub`.
PEOPLE = {"alice": TEAM_TAG | GROUPS, "carol": {"groups": ["guests"]}}


@dataclass
class Cloud:
    """`moto` is its URL; what the gateway asks of STS passes `sts`. `keys` is where the issuer's keys are."""

    moto: str
    sts: Proxy
    upstream: str
    keys: str
    tokens: dict[tuple[str, str], str]

    def token(self, person: str, audience: str) -> str:
        return self.tokens[person, audience]


@dataclass
class CreatedStack:
    """A stack that was created. `seen` is what moto's services say, `resolved` what the template comes to."""

    scenario: Scenario
    template: dict
    resolved: Resolved
    outputs: dict[str, str]
    left_out: list[str]
    by_api: dict[str, str]
    physical: dict[str, str]
    seen: dict


AUDIENCES = ["aws-mcp", "https://mcp.example.com/mcp"]


@contextmanager
def cloud():
    """moto with an empty bucket for the deployment, an MCP server that verifies signatures, an issuer's keys."""
    moto_port, server_port = free_port(), free_port()
    moto = f"http://127.0.0.1:{moto_port}"
    jwks, tokens = issued()
    with (
        Process([python("moto"), "-m", "moto.server", "-H", "127.0.0.1", "-p", moto_port]) as moto_process,
        Proxy(moto_port) as sts,
        serving(lambda: sessions(sts)) as issued_sessions,
        Process([python("moto"), SERVERS / "signed_upstream.py", server_port, issued_sessions, REGION, SERVICE]) as server,
        serving(lambda: jwks) as keys,
    ):
        moto_process.listens_on(moto_port)
        server.listens_on(server_port)
        here = Cloud(moto, sts, f"http://127.0.0.1:{server_port}/mcp", keys, tokens)
        asked(here, "s3", BUCKET, "PUT")
        yield here


def issued() -> tuple[bytes, dict[tuple[str, str], str]]:
    """Keys, and a token for each person and audience."""
    now = int(time.time())
    lifetime = {"iss": ISSUER, "iat": now, "exp": now + 3600}
    who = [(person, audience) for person in PEOPLE for audience in AUDIENCES]
    claims = [
        lifetime | {"sub": f"{person}@example.com", "aud": audience} | PEOPLE[person] for person, audience in who
    ]
    ran = run(["node", SERVERS / "token_issuer.mjs", json.dumps(claims)])
    sam.must(ran)
    made = json.loads(ran.stdout)
    return json.dumps(made["jwks"]).encode(), dict(zip(who, made["tokens"], strict=True))


def sessions(sts: Proxy) -> bytes:
    """The role sessions that moto has issued, in the form of its own page of everything it holds, which fails as soon as
    that is a function."""
    fields = {"access_key_id": "AccessKeyId", "secret_access_key": "SecretAccessKey"}
    fields |= {"session_token": "SessionToken", "arn": "Arn"}
    found = []
    for _, response in list(sts.exchanges):
        values = {name: re.search(f"<{tag}>([^<]*)</{tag}>", response.body.decode()) for name, tag in fields.items()}
        if all(values.values()):
            found.append({name: value[1] for name, value in values.items()})
    return json.dumps({"sts": {"AssumedRole": found}}).encode()


@contextmanager
def serving(document: Callable[[], bytes]):
    """One JSON document at any path of a loopback server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = document()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=partial(server.serve_forever, poll_interval=0.05), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def create(here: Cloud, source: Path, scenario: Scenario) -> CreatedStack:
    """Packages, transforms and creates."""
    packaged = sam.packaged(source, here.moto)
    template = sam.transform(packaged, scenario.parameters | {"AWS::StackName": scenario.stack})
    return create_plain(here, template, scenario)


def create_plain(here: Cloud, template: dict, scenario: Scenario) -> CreatedStack:
    """Creates what needs no packaging and no transformation."""
    parameters = scenario.parameters | {"AWS::StackName": scenario.stack}
    wanted = {
        "name": scenario.stack,
        "template": template,
        "parameters": scenario.parameters,
        "provider": ISSUER if scenario.provider_exists else None,
    }
    with sam.written(wanted) as file:
        settings = {"PYTHONPATH": str(INTEROP), "PYTHONWARNINGS": "ignore"}
        ran = run([python("moto"), SERVERS / "moto_stack.py", here.moto, file], settings)
    sam.must(ran)
    made = json.loads(ran.stdout)
    return CreatedStack(scenario, template, Resolved(template, parameters), **made)


def layer_of(here: Cloud, template: dict) -> dict[str, bytes]:
    """The files in the layer that the packaged template points to."""
    (layer,) = (one for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::LayerVersion")
    return unzipped(here, layer["Properties"]["Content"])


def unzipped(here: Cloud, address: dict[str, str]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(uploaded(here, address))) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def uploaded(here: Cloud, address: dict[str, str]) -> bytes:
    return asked(here, "s3", f"{address['S3Bucket']}/{address['S3Key']}")


def asked(here: Cloud, service: str, path: str, method: str = "GET", body: bytes | None = None) -> bytes:
    """moto wants to see whose request it is, and doesn't verify it."""
    headers = {
        "authorization": f"AWS4-HMAC-SHA256 Credential=unused/20260101/{REGION}/{service}/aws4_request",
        "content-type": "application/octet-stream",
    }
    request = urllib.request.Request(f"{here.moto}/{path}", body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


@contextmanager
def gateway(here: Cloud, stack: CreatedStack, sts: str | None = None):
    """The gateway with the environment of the stack's function and the configuration that it names. Not as in the function:
    the path of the layer's file, where AWS's services, keys and MCP server are, and the port."""
    port = free_port()
    variables = dict(stack.seen["environment"])
    files = layer_of(here, stack.template)
    assert "gateway.yaml" in files, files.keys()
    configuration = files["gateway.yaml"]
    if (source := variables["ROLECALL_CONFIG"]).startswith("s3://"):
        bucket, key = source.removeprefix("s3://").split("/", 1)
        asked(here, "s3", bucket, "PUT")
        asked(here, "s3", f"{bucket}/{key}", "PUT", configuration)
    else:
        del variables["ROLECALL_CONFIG"]
    own = {
        "ROLECALL_JWKS_URL": here.keys,
        "ROLECALL_UPSTREAM_URL": here.upstream,
        "AWS_ENDPOINT_URL_STS": sts or here.sts.origin,
        "AWS_ENDPOINT_URL_SSM": here.moto,
        "AWS_ENDPOINT_URL_S3": here.moto,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIAEXECUTIONROLE",
        "AWS_SECRET_ACCESS_KEY": "unused",
    }
    with Gateway(configuration.decode(), port, variables | own) as running:
        yield running
