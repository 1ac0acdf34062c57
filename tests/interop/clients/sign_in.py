"""The sign-in that both lines of the official Python SDK share: everything in memory, no browser."""

import asyncio

from interop.browser import visit
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

CALLBACK = "http://127.0.0.1/callback"


class InMemory(TokenStorage):
    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


def provider(url: str, result_of) -> OAuthClientProvider:
    """`result_of` makes what this line of the SDK wants from the callback's parameters."""
    returned: dict[str, str] = {}

    async def redirect(authorization_url: str) -> None:
        returned.update(await asyncio.to_thread(visit, authorization_url, CALLBACK))

    async def callback():
        return result_of(returned)

    metadata = OAuthClientMetadata(
        client_name="interop",
        redirect_uris=[CALLBACK],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )
    return OAuthClientProvider(url, metadata, InMemory(), redirect, callback)
