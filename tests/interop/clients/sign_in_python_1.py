"""Signs in with the official Python SDK, line 1.x. Argument: the MCP endpoint."""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from sign_in import provider


async def main(url: str) -> None:
    auth = provider(url, lambda returned: (returned["code"], returned["state"]))
    async with streamablehttp_client(url, auth=auth) as (reading, writing, _), ClientSession(reading, writing) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        result = await session.call_tool(tools[0].name, {})
        print(json.dumps({"text": result.content[0].text}))


asyncio.run(main(sys.argv[1]))
