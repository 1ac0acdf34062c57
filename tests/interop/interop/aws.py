"""moto as STS and IAM, and the MCP server that botocore guards."""

import json
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass

from . import installed
from .paths import INTEROP
from .processes import Process, free_port, run
from .proxy import Proxy
from .world import get

REGION = "us-east-1"
SERVICE = "aws-mcp"
SERVERS = INTEROP / "servers"


def settings(resource: str, oidc: dict, sts: dict, upstream: str) -> str:
    """A configuration; `sts` is what the section has beside region and service. YAML takes JSON."""
    sections = {
        "resourceUrl": resource,
        "oidc": oidc,
        "awsSts": {"region": REGION, "service": SERVICE} | sts,
        "upstream": {"url": upstream},
    }
    return json.dumps(sections, indent=1)


@dataclass
class Aws:
    """`sts` and `upstream` are what the gateway is told; whatever passes there is kept."""

    moto: str
    sts: Proxy
    upstream: Proxy
    server: Process

    def exchanges(self) -> list[dict[str, str]]:
        """The parameters of each call to STS."""
        return [dict(urllib.parse.parse_qsl(request.body.decode())) for request, _ in list(self.sts.exchanges)]

    def calls(self) -> list[dict]:
        """What the MCP server made of each request."""
        return [json.loads(line) for line in list(self.server.lines)]

    def execution_role(self, arn: str, trusting: list[str], others: list[str]) -> dict[str, str]:
        """Makes this role, roles that trust it and roles that trust somebody else, and has moto check signatures and
        policies from now on. Returns the role's credentials as an environment."""
        wanted = {"execution_role": arn, "session": "rolecall", "trusting": trusting, "others": others}
        prepared = run([installed.python("moto"), SERVERS / "moto_execution_role.py", self.moto, json.dumps(wanted)])
        assert prepared.returncode == 0, prepared.stderr
        return json.loads(prepared.stdout)

    def sessions(self) -> list[dict]:
        """The role sessions that moto has issued credentials for."""
        status, _, body = get(f"{self.moto}/moto-api/data.json")
        assert status == 200, status
        return json.loads(body)["sts"]["AssumedRole"]


@contextmanager
def aws(issuer: str, audiences: list[str], roles: dict[str, dict], sts_changes=None, upstream_changes=None):
    """Starts moto with these roles (ARN → trust policy conditions) and the MCP server. The changes are those of a
    Proxy and break what passes on the way to one of them."""
    python = installed.python("moto")
    moto_port, server_port = free_port(), free_port()
    moto = f"http://127.0.0.1:{moto_port}"
    with (
        Process([python, "-m", "moto.server", "-H", "127.0.0.1", "-p", moto_port]) as moto_process,
        Process([python, SERVERS / "signed_upstream.py", server_port, moto, REGION, SERVICE]) as server,
        Proxy(moto_port, **(sts_changes or {})) as sts,
        Proxy(server_port, **(upstream_changes or {})) as upstream,
    ):
        moto_process.listens_on(moto_port)
        server.listens_on(server_port)
        wanted = {"issuer": issuer, "audiences": audiences, "roles": roles}
        prepared = run([python, SERVERS / "moto_iam.py", moto, json.dumps(wanted)])
        assert prepared.returncode == 0, prepared.stderr
        yield Aws(moto, sts, upstream, server)
