"""The harness itself: the real gateway before the embedded stack, spoken to with Python's own HTTP client."""

import json

from ..world import embedded, get


def checks():
    with embedded() as (gateway, _):

        def health():
            status, _, body = get(f"{gateway.origin}/healthz")
            assert status == 200 and json.loads(body)["status"] == "ok", (status, body)

        def refusal():
            status, headers, body = get(gateway.url)
            assert status == 401 and json.loads(body)["error"] == "missing_token", (status, body)
            assert headers["www-authenticate"].startswith("Bearer resource_metadata="), headers

        yield "the gateway is up", health
        yield "no token, no service", refusal


def sabotages():
    yield from ()
