"""Signs in with the Inspector's command line, which waits for its user at a loopback address. Arguments: the folder of
its programs, then the MCP endpoint."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

from interop.browser import visit
from interop.processes import free_port

ANNOUNCEMENT = "Please navigate to: "


def main(programs: str, url: str) -> None:
    callback = f"http://127.0.0.1:{free_port()}/oauth/callback"
    options = ["--transport", "http", "--callback-url", callback, "--format", "json"]
    with tempfile.TemporaryDirectory() as home:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        settings = {"PATH": path, "HOME": home, "MCP_INSPECTOR_SECRET_STORE": "memory", "MCP_AUTO_OPEN_ENABLED": "true"}
        inspector = subprocess.Popen(
            [f"{programs}/mcp-inspector", "--cli", url, *options, "--method", "tools/call", "--tool-name", "whoami"],
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=sign_in, args=(inspector.stderr, callback), daemon=True).start()
        printed = inspector.stdout.read()
        inspector.wait()
    print(json.dumps({"text": json.loads(printed)["result"]["content"][0]["text"]}))


def sign_in(messages, callback: str) -> None:
    for line in messages:
        print(line, end="", file=sys.stderr)
        if line.startswith(ANNOUNCEMENT):
            answer = visit(line.removeprefix(ANNOUNCEMENT).strip(), callback)
            urllib.request.urlopen(f"{callback}?{urllib.parse.urlencode(answer)}", timeout=30).close()


main(*sys.argv[1:])
