"""A small HTTP proxy that keeps what passes and may change it: whole messages, headers in order, `Host` as it came."""

import http.client
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .processes import free_port

SECONDS = 60
#: The proxy writes these itself.
FRAMING = {"content-length", "transfer-encoding", "connection"}


@dataclass
class Request:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given.lower() == name), None)


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given.lower() == name), None)


@dataclass
class Proxy(AbstractContextManager):
    """Relays to a port of this machine. `exchanges` holds what was sent on and what came back, unchanged."""

    target: int
    change_request: Callable[[Request], Request] = lambda request: request
    change_response: Callable[[Request, Response], Response] = lambda _, response: response
    exchanges: list[tuple[Request, Response]] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.server = _Server(("127.0.0.1", self.port), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        return False

    def relay(self, request: Request) -> Response:
        request = self.change_request(request)
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=SECONDS)
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body or request.method == "POST":
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        response = Response(answer.status, _without_framing(answer.getheaders()), answer.read())
        connection.close()
        self.exchanges.append((request, response))
        return self.change_response(request, response)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A peer that leaves is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _without_framing(headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in FRAMING]


def _handler(proxy: Proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            response = proxy.relay(Request(self.command, self.path, _without_framing(self.headers.items()), body))
            self.send_response_only(response.status)
            for name, value in response.headers:
                self.send_header(name, value)
            if response.status != 204:
                self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(response.body)

        do_GET = do_POST = do_DELETE = do_OPTIONS = relay

        def log_message(self, *_) -> None:
            pass

    return Handler
