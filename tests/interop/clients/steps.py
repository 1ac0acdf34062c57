"""Carries out the plan in argv with a client and prints what came of each step as one line of JSON. A step that takes
longer than the limit counts as hung, and what follows is given up."""

import asyncio
import json
import sys
import time

LIMIT_SECONDS = 10


def main(connect) -> None:
    """`connect(url, token, era)` is an asynchronous context of `(protocol, session)`, where the session has the
    SDK's `list_tools` and `call_tool`."""
    plan = json.loads(sys.argv[1])
    results = {"calls": []}
    asyncio.run(carry_out(plan, connect, results))
    print(json.dumps(results))


async def carry_out(plan: dict, connect, results: dict) -> None:
    """An error outside of a step, which ends what is left of the plan, is in `lost`."""
    stage, began = "connect", time.monotonic()
    try:
        async with limited(connect(plan["url"], plan["token"], plan["era"])) as (protocol, session):
            results["connect"] = {"ok": True, "protocol": protocol, "seconds": time.monotonic() - began}
            stage = "lost"
            results["list"] = await step(tools(session))
            for wanted in plan["calls"]:
                results["calls"].append(await call(session, wanted["name"], wanted["arguments"]))
            stage, began = "close", time.monotonic()
        results["close"] = {"ok": True, "seconds": time.monotonic() - began}
    except BaseException as error:
        results[stage] = {"ok": False, **told(error), "seconds": time.monotonic() - began}


class limited:
    """A context whose entry has a limit, and which is left by the task that entered it."""

    def __init__(self, context):
        self.context = context

    async def __aenter__(self):
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.context.__aenter__()

    async def __aexit__(self, *exception):
        return await self.context.__aexit__(*exception)


async def call(session, name: str, arguments: dict) -> dict:
    arrivals = []

    async def on_progress(progress, total, _message):
        arrivals.append((progress, total, time.monotonic()))

    async def answer() -> dict:
        return shown(await session.call_tool(name, arguments, progress_callback=on_progress))

    result = await step(answer())
    end = time.monotonic()
    progress = [{"progress": step, "total": total, "before": end - at} for step, total, at in arrivals]
    return {"name": name, "progress": progress, **result}


async def tools(session) -> dict:
    return {"tools": [tool.name for tool in (await session.list_tools()).tools]}


async def step(action) -> dict:
    began = time.monotonic()
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            result = {"ok": True, **await action}
    except Exception as error:
        result = {"ok": False, **told(error)}
    return {**result, "seconds": time.monotonic() - began}


def shown(answer) -> dict:
    fields = answer.model_dump(by_alias=True)
    text = "".join(block.get("text", "") for block in fields["content"])
    return {"isError": bool(fields["isError"]), "text": text, "structured": fields["structuredContent"]}


def told(error: BaseException) -> dict:
    """What a program that uses the client can show of an error: of a group, the innermost."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return {"hung": True}
    details = getattr(error, "error", None)
    return {"error": {"type": type(error).__name__, "message": str(error), "code": getattr(details, "code", None)}}
