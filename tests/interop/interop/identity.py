"""The certified OpenID provider, and what it takes to get a token from it without a browser."""

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass

from . import installed
from .browser import visit
from .processes import Process, free_port

SECONDS = 30
CALLBACK = "http://127.0.0.1/callback"
PUBLIC_CLIENT = {
    "client_id": "desktop",
    "application_type": "native",
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
    "redirect_uris": [CALLBACK],
}
MACHINE = {
    "client_id": "pipeline",
    "client_secret": "the secret of a pipeline that runs in no browser",
    "grant_types": ["client_credentials"],
    "response_types": [],
    "redirect_uris": [],
}


@dataclass
class Issuer:
    url: str
    process: Process

    def events(self, name: str) -> list[dict]:
        """What the provider reported under this name so far. It writes notes of its own between."""
        reports = [json.loads(line) for line in list(self.process.lines) if line.startswith('{"event":')]
        return [report for report in reports if report["event"] == name]

    def rotate(self) -> None:
        """Replaces all signing keys at once."""
        _post(f"{self.url}/rotate", {})

    def sign_in(self, account: str, resource: str) -> dict:
        """Authorization code with PKCE: the whole token response, ID token included."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        state = secrets.token_urlsafe(16)
        query = {
            "client_id": PUBLIC_CLIENT["client_id"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid mcp",
            "resource": resource,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": account,
        }
        answer = visit(f"{self.url}/auth?{urllib.parse.urlencode(query)}", CALLBACK)
        assert answer.get("state") == state and "code" in answer, answer
        form = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier}
        form |= {"client_id": PUBLIC_CLIENT["client_id"], "redirect_uri": CALLBACK, "resource": resource}
        return _post(f"{self.url}/token", form)

    def token(self, account: str, resource: str) -> str:
        return self.sign_in(account, resource)["access_token"]

    def machine_token(self, resource: str) -> str:
        """Client credentials: a token without a person."""
        credentials = {name: MACHINE[name] for name in ("client_id", "client_secret")}
        form = {"grant_type": "client_credentials", "scope": "mcp", "resource": resource} | credentials
        return _post(f"{self.url}/token", form)["access_token"]


@contextmanager
def issuer(claims: dict[str, dict], resources: dict[str, dict]):
    """Starts the provider. `claims`: account or client id → extra claims. `resources`: resource indicator →
    {"audience": …, "alg": …}; without `alg` its access tokens are opaque."""
    port = free_port()
    machine = MACHINE | {"token_endpoint_auth_method": "client_secret_post"}
    settings = {"port": port, "claims": claims, "resources": resources, "clients": [PUBLIC_CLIENT, machine]}
    with Process([*installed.script("oidc-provider", "servers/oidc_provider.mjs"), json.dumps(settings)]) as process:
        process.listens_on(port)
        yield Issuer(f"http://127.0.0.1:{port}", process)


def _post(url: str, form: dict[str, str]) -> dict:
    data = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(url, data=data, timeout=SECONDS) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error.code} {error.read()!r}") from error
