"""The official Python SDK 2.x, in the era that the plan names."""

from contextlib import asynccontextmanager

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from steps import main


@asynccontextmanager
async def connect(url: str, token: str, era: str):
    headers = {"Authorization": f"Bearer {token}"}
    mode = era if era == "2026-07-28" else "legacy"
    async with (
        httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(30, read=300)) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client.protocol_version, client


main(connect)
