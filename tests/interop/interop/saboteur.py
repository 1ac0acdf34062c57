"""Proxies that break one thing each, to show that the checks notice. Only `--self-test` uses them."""

import json
import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .raw import Answer, connect, read_answer, read_body, read_head

#: Takes the gateway's whole answer and returns what the client gets instead.
Change = Callable[[Answer], bytes]
#: Takes the head of the client's request and returns what the gateway gets instead.
ChangeAsked = Callable[[bytes], bytes]


def _with_length(head: bytes, body: bytes) -> bytes:
    head = re.sub(rb"(?im)^(transfer-encoding|content-length|connection):.*\r\n", b"", head)
    return head[:-2] + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def drop_session(answer: Answer) -> bytes:
    """Loses Mcp-Session-Id on the way back."""
    return _with_length(re.sub(rb"(?im)^mcp-session-id:.*\r\n", b"", answer.head), answer.body)


def buffer_events(answer: Answer) -> bytes:
    """Holds a stream back until it has ended."""
    return _with_length(answer.head, answer.body)


def reserialise(answer: Answer) -> bytes:
    """Parses JSON and writes it anew."""
    body = answer.body
    with suppress(ValueError):
        body = json.dumps(json.loads(body)).encode()
    return _with_length(answer.head, body)


def rewrite_accepted(answer: Answer) -> bytes:
    """Makes a 202 a 200 with a body."""
    head = answer.head.replace(b" 202 Accepted", b" 200 OK", 1)
    return _with_length(head, b"{}" if head != answer.head else answer.body)


def forgive(answer: Answer) -> bytes:
    """Makes every 400 a 200."""
    return _with_length(re.sub(rb"^HTTP/1.1 400 [^\r]*", b"HTTP/1.1 200 OK", answer.head), answer.body)


def unchanged(head: bytes) -> bytes:
    """Nothing: what a check that notices a saboteur must not notice."""
    return head


def drop_parameters(head: bytes) -> bytes:
    """Loses Mcp-Param-* headers on the way there."""
    return re.sub(rb"(?im)^mcp-param-.*\r\n", b"", head)


def drop_names(head: bytes) -> bytes:
    """Loses Mcp-Method and Mcp-Name on the way there."""
    return re.sub(rb"(?im)^mcp-(method|name):.*\r\n", b"", head)


def drop_position(head: bytes) -> bytes:
    """Loses Last-Event-ID on the way there."""
    return re.sub(rb"(?im)^last-event-id:.*\r\n", b"", head)


def welcome_anyone(head: bytes) -> bytes:
    """Hides from which site a request comes."""
    return head.replace(b"evil.example.com", b"localhost")


def proxy(change: Change | None = None, asked: ChangeAsked = unchanged):
    """A factory for `between`: maps the gateway's port to that of a proxy that applies `change` to whole answers, if
    given, and `asked` to the heads of requests."""

    @contextmanager
    def between(port: int) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=_accept, args=(listener, port, change, asked), daemon=True).start()
            yield listener.getsockname()[1]

    return between


def _accept(listener: socket.socket, port: int, change: Change | None, asked: ChangeAsked) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_relay, args=(client, port, change, asked), daemon=True).start()


def _relay(client: socket.socket, port: int, change: Change | None, asked: ChangeAsked) -> None:
    with suppress(OSError), client, connect(port) as gateway:
        head, rest = read_head(client)
        body = read_body(client, head, rest)
        if change:
            gateway.sendall(asked(head) + body)
            client.sendall(change(read_answer(gateway)))
            return
        # One request a connection: the next one would pass unchanged, and all that the client can still do is leave.
        gateway.sendall(_closing(asked(head)) + body)
        while select.select([client, gateway], [], [])[0] == [gateway] and (piece := gateway.recv(65536)):
            client.sendall(piece)


def _closing(head: bytes) -> bytes:
    return re.sub(rb"(?im)^connection:.*\r\n", b"", head)[:-2] + b"connection: close\r\n\r\n"
