"""The official Python SDK 1.x. It speaks revisions up to 2025-11-25."""

from contextlib import asynccontextmanager

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from steps import main


@asynccontextmanager
async def connect(url: str, token: str, _era: str):
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=httpx.Timeout(30, read=300)) as http,
        streamable_http_client(url, http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        answer = await session.initialize()
        yield answer.protocolVersion, session


main(connect)
