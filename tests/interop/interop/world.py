"""The gateway and what stands behind it, for the parts to use."""

import json
import re
import tempfile
import urllib.request
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .paths import ROOT, TARGET
from .processes import Process, free_port, run

BUILD_SECONDS = 1800


@cache
def binary(package: str, profile: str = "dev", name: str | None = None) -> Path:
    """Builds a binary of the workspace, named like its package if not otherwise."""
    command = ["cargo", "build", "--quiet", "--locked", "--profile", profile, "--package", package]
    result = run(command, cwd=ROOT, seconds=BUILD_SECONDS)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return TARGET / {"dev": "debug"}.get(profile, profile) / (name or package)


@cache
def example(package: str, name: str) -> Path:
    """Builds an example of a package."""
    command = ["cargo", "build", "--quiet", "--locked", "--package", package, "--example", name]
    result = run(command, cwd=ROOT, seconds=BUILD_SECONDS)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return TARGET / "debug" / "examples" / name


@dataclass
class Backends:
    """The embedded issuer, STS and MCP server."""

    issuer: str
    sts: str
    upstream: str
    configuration: str
    tokens: dict[str, str]


@contextmanager
def backends(gateway_port: int):
    """Starts the embedded stack for a gateway on this port."""
    command = [binary("rolecall-local"), "--backends", "--json", "--port", str(gateway_port)]
    with Process(command) as process:
        line = process.wait_until(lambda: process.lines[:1], "the embedded stack")[0]
        yield Backends(**json.loads(line))


def for_upstream(configuration: str, url: str) -> str:
    """The configuration with this upstream and nothing injected into its requests."""
    return re.sub(r"(?m)^upstream:\n(  .*\n)+", f"upstream:\n  url: {url}\n", configuration)


class Gateway(AbstractContextManager):
    """The real binary as a plain server. `url` is its MCP endpoint."""

    def __init__(self, configuration: str, port: int, env: dict[str, str], profile: str = "dev"):
        self.folder = tempfile.TemporaryDirectory(prefix="rolecall-")
        config = Path(self.folder.name) / "gateway.yaml"
        config.write_text(configuration)
        settings = {"ROLECALL_CONFIG": str(config), "ROLECALL_LISTEN": f"127.0.0.1:{port}"}
        self.origin = f"http://127.0.0.1:{port}"
        self.url = f"{self.origin}/mcp"
        self.process = Process([binary("rolecall-gateway", profile)], settings | env)
        self.process.listens_on(port)

    def audit(self) -> list[dict]:
        """The audit lines so far."""
        return [json.loads(line) for line in list(self.process.lines)]

    def __exit__(self, *exception):
        self.process.__exit__(*exception)
        self.folder.cleanup()
        return False


@contextmanager
def embedded():
    """The gateway before the embedded stack: yields (gateway, backends)."""
    port = free_port()
    with backends(port) as stack, Gateway(stack.configuration, port, {"AWS_ENDPOINT_URL_STS": stack.sts}) as gateway:
        yield gateway, stack


def get(url: str, headers: dict[str, str] | None = None, seconds: float = 10):
    """A GET that returns (status, headers, body) for every status."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
