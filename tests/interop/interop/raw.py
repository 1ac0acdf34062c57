"""HTTP/1.1 by hand over sockets: an upstream and a client that see every byte and every moment.

No HTTP library stands between the test and the wire, so nothing is normalised, joined or repaired on the way.
"""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE_SECONDS = 30


@dataclass
class Received:
    """One request as it arrived."""

    head: bytes
    body: bytes
    #: When the peer closed the connection, as far as a script watched for it.
    left_at: float | None = None

    def header(self, name: bytes) -> bytes | None:
        found = re.search(rb"(?im)^" + re.escape(name) + rb":[ \t]*(.*?)[ \t]*\r$", self.head)
        return found[1] if found else None


Script = Callable[[socket.socket, Received], None]


@dataclass
class Upstream:
    """Answers every request with the script of the moment and keeps what came."""

    listener: socket.socket
    script: Script | None = None
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/mcp"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(PATIENCE_SECONDS)
            head, rest = read_head(connection)
            if not head:
                return
            body = read_body(connection, head, rest)
            request = Received(head, body)
            self.received.append(request)
            try:
                self.script(connection, request)
            except OSError:
                pass


@contextmanager
def upstream() -> Iterator[Upstream]:
    """An upstream on a free port. Each connection carries one request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Upstream(listener)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server


def read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """The head of a message and what was read beyond it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b"", data
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    return head + b"\r\n\r\n", rest


def read_body(connection: socket.socket, head: bytes, rest: bytes) -> bytes:
    """A body with a content-length, or none."""
    length = re.search(rb"(?im)^content-length:[ \t]*(\d+)", head)
    wanted = int(length[1]) if length else 0
    while len(rest) < wanted:
        more = connection.recv(65536)
        if not more:
            break
        rest += more
    return rest


@dataclass
class Answer:
    """One answer: its head, its decoded body, and when each piece arrived."""

    head: bytes
    body: bytes = b""
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    #: Whether the body ended as its framing says it must.
    is_complete: bool = False

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    def header(self, name: bytes) -> bytes | None:
        return Received(self.head, b"").header(name)


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request_bytes(port: int, token: str, body: bytes, method: bytes = b"POST", headers: bytes = b"") -> bytes:
    """A request as an MCP client sends it; `headers` are further lines, each with its line end."""
    return (
        method + b" /mcp HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % port
        + b"authorization: Bearer " + token.encode() + b"\r\n"
        + b"content-type: application/json\r\naccept: application/json, text/event-stream\r\n"
        + headers + b"content-length: %d\r\n\r\n" % len(body) + body
    )


def read_answer(connection: socket.socket) -> Answer:
    """Reads one answer to its end, or to where it breaks."""
    head, rest = read_head(connection)
    answer = Answer(head)
    if re.search(rb"(?im)^transfer-encoding:[ \t]*chunked", head):
        _read_chunked(connection, rest, answer)
        return answer
    length = re.search(rb"(?im)^content-length:[ \t]*(\d+)", head)
    wanted = int(length[1]) if length else 0
    while len(rest) < wanted and (more := _receive(connection)):
        rest += more
    answer.body, answer.is_complete = rest, len(rest) == wanted
    return answer


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def _read_chunked(connection: socket.socket, buffer: bytes, answer: Answer) -> None:
    while True:
        while (size := re.match(rb"([0-9a-fA-F]+)[^\r\n]*\r\n", buffer)) is None:
            if not (more := _receive(connection)):
                return
            buffer += more
        length, buffer = int(size[1], 16), buffer[size.end() :]
        while len(buffer) < length + 2:
            if not (more := _receive(connection)):
                return
            buffer += more
        piece, buffer = buffer[:length], buffer[length + 2 :]
        if not length:
            answer.is_complete = True
            return
        answer.body += piece
        answer.pieces.append((time.monotonic(), piece))


def whole(status: bytes, headers: bytes, body: bytes) -> Script:
    """A script that answers with a content-length and closes."""

    def script(connection: socket.socket, _: Received) -> None:
        connection.sendall(
            b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n" + headers
            + b"content-length: %d\r\n\r\n" % len(body) + body
        )

    return script


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


EVENT_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
END = b"0\r\n\r\n"


def wait_until(ready: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
