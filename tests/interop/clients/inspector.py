"""The Inspector's command line. Each invocation connects, does one thing and closes, so the plan becomes an invocation
for each of its steps. It shows no progress; a token for it makes the server send some all the same."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

LIMIT_SECONDS = 20
SCRIPT = Path(__file__).with_name("inspector.sh")
ERAS = {"2025-11-25": "legacy", "2026-07-28": "modern"}
#: The exit status of a tool result with `isError`, which is printed like any other.
TOOL_ERROR = 5


def main() -> None:
    plan = json.loads(sys.argv[1])
    results = {"calls": []}
    listed, answer = step(plan, "--method", "tools/list")
    results["connect"] = {**listed, "protocol": plan["era"]}
    if listed["ok"]:
        results["list"] = {"ok": True, "tools": [tool["name"] for tool in answer["tools"]]}
        results["calls"] = [call(plan, wanted["name"], wanted["arguments"]) for wanted in plan["calls"]]
        results["close"] = {"ok": True}
    print(json.dumps(results))


def call(plan: dict, name: str, arguments: dict) -> dict:
    options = ["--tool-name", name, "--tool-args-json", json.dumps(arguments), "--tool-metadata", "progressToken=step"]
    outcome, answer = step(plan, "--method", "tools/call", *options)
    if answer:
        text = "".join(block.get("text", "") for block in answer["content"])
        outcome |= {"isError": answer["isError"], "text": text, "structured": answer.get("structuredContent")}
    return {"name": name, "progress": [], **outcome}


def step(plan: dict, *options: str) -> tuple[dict, dict | None]:
    settings = {"URL": plan["url"], "TOKEN": plan["token"], "ERA": ERAS[plan["era"]]}
    began = time.monotonic()
    try:
        command = ["sh", SCRIPT, *options]
        done = subprocess.run(
            command, env=os.environ | settings, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {"ok": False, "hung": True}, None
    seconds = time.monotonic() - began
    if done.returncode in (0, TOOL_ERROR):
        return {"ok": True, "seconds": seconds}, json.loads(done.stdout)["result"]
    return {"ok": False, "error": told(done.stderr), "seconds": seconds}, None


def told(stderr: str) -> dict:
    """The error that it prints for scripts, else whatever it printed."""
    try:
        error = json.loads(stderr)["error"]
    except ValueError:
        return {"type": "Inspector", "message": stderr, "code": None}
    return {"type": "Inspector", "message": error["message"], "code": error["code"]}


main()
