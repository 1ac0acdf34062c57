"""Signs in with the official Python SDK, line 2.x. Argument: the MCP endpoint."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult
from sign_in import provider


async def main(url: str) -> None:
    auth = provider(url, lambda returned: AuthorizationCodeResult(**returned))
    async with (
        httpx2.AsyncClient(auth=auth, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        tools = (await client.list_tools()).tools
        result = await client.call_tool(tools[0].name, {})
        print(json.dumps({"text": result.content[0].text}))


asyncio.run(main(sys.argv[1]))
