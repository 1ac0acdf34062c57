"""Does a request carry the signature that botocore would have made over the very bytes that arrived?"""

import hashlib
import hmac
import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Refused(Exception):
    """Why a signature doesn't hold."""


class SigV4OfSelectedHeaders(SigV4Auth):
    """botocore's own algorithm over the headers that the sender said it signed."""

    def __init__(self, credentials: Credentials, service: str, region: str, signed: list[str]):
        super().__init__(credentials, service, region)
        self.signed = signed

    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        for name in set(headers) - set(self.signed):
            del headers[name]
        return headers


def verify(method: str, path: str, headers: list[tuple[str, str]], body: bytes, region: str, service: str, find) -> dict:
    """Facts of a request whose signature holds; `find` gives moto's session for an access key, or None.
    Raises Refused with what is wrong."""
    given = {name.lower(): value for name, value in headers}
    parsed = AUTHORIZATION.fullmatch(given.get("authorization", ""))
    if not parsed:
        raise Refused("no SigV4 authorization")
    access_key, date, in_region, for_service, signed, signature = parsed.groups()
    if (in_region, for_service, date) != (region, service, given["x-amz-date"][:8]):
        raise Refused(f"wrong scope: {date}/{in_region}/{for_service}")
    session = find(access_key)
    if session is None:
        raise Refused("access key unknown to STS")
    if given.get("x-amz-security-token") != session["session_token"]:
        raise Refused("not the session token of this access key")
    if given.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        raise Refused("the body is not the one that was signed")
    request = AWSRequest(method=method, url=f"http://{given['host']}{path}", data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    request.context["timestamp"] = given["x-amz-date"]
    credentials = Credentials(access_key, session["secret_access_key"], session["session_token"])
    auth = SigV4OfSelectedHeaders(credentials, service, region, signed.split(";"))
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    if not hmac.compare_digest(expected, signature):
        raise Refused("the signature does not match")
    return {"access_key": access_key, "arn": session["arn"], "signed": signed.split(";")}
