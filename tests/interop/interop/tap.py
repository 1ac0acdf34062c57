"""A transparent HTTP proxy on loopback that keeps what passed, for looking at the wire and for breaking it.

It relays each chunk as it arrives and changes nothing but `Host`, unless a `Tamper` says so."""

import http.client
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
RELAY_SECONDS = 60


@dataclass
class Exchange:
    """A request and its answer. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    #: Seconds since the answer's headers, and bytes, of each chunk of its body.
    chunks: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def message(self) -> dict:
        """The JSON-RPC message that was sent; empty for a request without one."""
        return json.loads(self.body) if self.body else {}


def unchanged(_: Exchange) -> None:
    """Tampers with nothing."""


@dataclass
class Tamper:
    """What a tap changes: an exchange before it is relayed (an OSError drops the connection instead), its answer's
    head, and whether the answer's body is held back until it is complete."""

    request: Callable[[Exchange], None] = unchanged
    answer: Callable[[Exchange], None] = unchanged
    holds_bodies: bool = False


class Tap(AbstractContextManager):
    """Listens on a free port and relays to `target`, an MCP endpoint. `keeps_host` relays `Host` as it came, which a
    signature may cover."""

    def __init__(self, target: str, tamper: Tamper | None = None, keeps_host: bool = False):
        self.target = urlsplit(target)
        self.tamper = tamper or Tamper()
        self.keeps_host = keeps_host
        self.exchanges: list[Exchange] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        # A client that leaves is nothing to report.
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_port}{self.target.path}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """New connections are refused from now on."""
        self.server.shutdown()
        self.server.server_close()

    def __exit__(self, *_):
        self.close()
        return False

    def _handler(tap):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                tap._relay(self)

            do_GET = do_DELETE = do_POST

            def log_message(self, *_):
                """Nothing on stderr."""

        return Handler

    def _relay(self, client: BaseHTTPRequestHandler) -> None:
        body = client.rfile.read(int(client.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in client.headers.items()}
        exchange = Exchange(client.command, client.path, headers, body)
        self.exchanges.append(exchange)
        upstream = http.client.HTTPConnection(self.target.netloc, timeout=RELAY_SECONDS)
        try:
            self.tamper.request(exchange)
            self._ask(upstream, exchange)
            self._answer(upstream.getresponse(), exchange, client)
        except OSError:
            client.close_connection = True
        finally:
            upstream.close()

    def _ask(self, upstream: http.client.HTTPConnection, exchange: Exchange) -> None:
        upstream.putrequest(exchange.method, exchange.path, skip_host=True, skip_accept_encoding=True)
        upstream.putheader("host", exchange.headers["host"] if self.keeps_host else self.target.netloc)
        for name, value in exchange.headers.items():
            if name not in HOP_BY_HOP | {"host"}:
                upstream.putheader(name, value)
        if exchange.body:
            upstream.putheader("content-length", str(len(exchange.body)))
        upstream.endheaders(exchange.body)

    def _answer(self, answer: http.client.HTTPResponse, exchange: Exchange, client: BaseHTTPRequestHandler) -> None:
        exchange.status = answer.status
        exchange.answer_headers = {name.lower(): value for name, value in answer.getheaders()}
        self.tamper.answer(exchange)
        began = time.monotonic()
        if self.tamper.holds_bodies:
            parts = [answer.read()]
        else:
            parts = iter(lambda: answer.read1(65536), b"")
        client.send_response_only(exchange.status)
        for name, value in exchange.answer_headers.items():
            if name not in HOP_BY_HOP:
                client.send_header(name, value)
        client.send_header("transfer-encoding", "chunked")
        client.end_headers()
        for part in parts:
            exchange.chunks.append((time.monotonic() - began, part))
            client.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if part else b"")
            client.wfile.flush()
        client.wfile.write(b"0\r\n\r\n")
