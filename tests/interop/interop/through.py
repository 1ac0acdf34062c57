"""Runs a command through a gateway of its own: `python -m interop.through SETTINGS COMMAND… URL` starts the gateway for
the upstream URL and replaces the last argument by the gateway's endpoint. Test suites call it that start a server
themselves and then a client."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from . import saboteur
from .processes import free_port
from .world import Gateway, for_upstream


def main(settings_file: str, *command: str) -> int:
    settings = json.loads(Path(settings_file).read_text())
    configuration = for_upstream(settings["configuration"], command[-1])
    with ExitStack() as stack:
        port = free_port()
        gateway = stack.enter_context(Gateway(configuration, port, {"AWS_ENDPOINT_URL_STS": settings["sts"]}))
        url = gateway.url
        if sabotage := settings["sabotage"]:
            between = saboteur.proxy(asked=getattr(saboteur, sabotage))
            url = f"http://127.0.0.1:{stack.enter_context(between(port))}/mcp"
        environment = os.environ | {"INTEROP_TOKEN": settings["token"]}
        return subprocess.run([*command[:-1], url], env=environment, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
