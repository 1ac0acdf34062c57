"""What a conformance suite cannot see: bytes, moments and broken connections, between a raw client and a raw upstream."""

import json
import socket
import time
from contextlib import contextmanager

from .. import saboteur
from ..processes import free_port
from ..raw import (
    END,
    EVENT_STREAM_HEAD,
    Answer,
    chunk,
    connect,
    read_answer,
    request_bytes,
    upstream,
    wait_until,
    whole,
)
from ..self_test import must_fail
from ..world import Gateway, backends, for_upstream

#: Five quiet minutes of a gateway that speaks every 15 s, for one that speaks every second.
QUIET_SECONDS = 300 / 15
#: The time a lost client or upstream may take to be noticed.
NOTICED_SECONDS = 1.0

ODD_JSON = {
    "duplicate keys": b'{"jsonrpc":"2.0","id":1,"id":1,"result":{"a":1,"a":2}}',
    "numbers": b'{"jsonrpc":"2.0","id":1e0,"result":[1e2,1.0,1152921504606846977,-0,0.1e-400]}',
    "escapes": rb'{"jsonrpc":"2.0","id":1,"result":"\u0041\/\ud83d\ude00\u0000"}',
    "white space": b'\r\n {\t"jsonrpc" : "2.0" ,\r\n "id":1, "result":{} }\r\n',
    "byte order mark": b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"result":{}}',
    "invalid UTF-8": b'{"jsonrpc":"2.0","id":1,"result":"\xff\xfe\x80"}',
    "no JSON": b"\x00\x01 <html>",
}
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


class Wire:
    """A raw upstream, the gateway, and calls through both."""

    def __init__(self, server, gateway: Gateway, port: int, token: str):
        self.server, self.gateway, self.port, self.token = server, gateway, port, token

    def send(self, body: bytes = PING, headers: bytes = b"", method: bytes = b"POST") -> socket.socket:
        connection = connect(self.port)
        connection.sendall(request_bytes(self.port, self.token, body, method, headers))
        return connection

    def call(self, script, body: bytes = PING, headers: bytes = b"", method: bytes = b"POST") -> Answer:
        self.server.script = script
        with self.send(body, headers, method) as connection:
            return read_answer(connection)


@contextmanager
def wire(between=None):
    """`between` may put a proxy before the gateway: it maps the gateway's port to the one clients use."""
    port = free_port()
    with backends(port) as stack, upstream() as server:
        configuration = for_upstream(stack.configuration, server.url)
        settings = {"AWS_ENDPOINT_URL_STS": stack.sts, "ROLECALL_KEEP_ALIVE_SECONDS": "1"}
        with Gateway(configuration, port, settings) as gateway:
            if between is None:
                yield Wire(server, gateway, port, stack.tokens["alice"])
                return
            with between(port) as outer:
                yield Wire(server, gateway, outer, stack.tokens["alice"])


def checks():
    with wire() as world:
        yield from checks_of(world)


def checks_of(world: Wire):
    def requests_unchanged():
        for name, body in ODD_JSON.items():
            world.call(whole(b"202 Accepted", b"", b""), body)
            assert world.server.received[-1].body == body, name

    def answers_unchanged():
        for name, body in ODD_JSON.items():
            answer = world.call(whole(b"200 OK", b"content-type: application/json\r\n", body))
            assert (answer.status, answer.body) == (200, body), name

    def accepted():
        answer = world.call(whole(b"202 Accepted", b"", b""), b'{"jsonrpc":"2.0","method":"notifications/x"}')
        assert (answer.status, answer.body, answer.is_complete) == (202, b"", True), answer

    def error_statuses():
        for status in (b"400", b"404", b"405", b"409", b"422", b"500", b"503"):
            body = b'{"note":"from upstream %s"}' % status
            answer = world.call(whole(status + b" X", b"content-type: application/json\r\nallow: POST\r\n", body))
            assert (str(answer.status).encode(), answer.body) == (status, body), (status, answer)
            assert answer.header(b"allow") == b"POST", answer.head

    def moments():
        def script(connection, _):
            connection.sendall(EVENT_STREAM_HEAD)
            for number in range(3):
                connection.sendall(chunk(b"data: %d\n\n" % number))
                time.sleep(0.3)
            connection.sendall(END)

        pieces = world.call(script).pieces
        gaps = [later - earlier for (earlier, _), (later, _) in zip(pieces, pieces[1:], strict=False)]
        assert [piece for _, piece in pieces] == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"], pieces
        assert all(gap > 0.2 for gap in gaps), gaps

    def characters_split():
        text = "data: \U0001f600 é\n\n".encode()

        def script(connection, _):
            connection.sendall(EVENT_STREAM_HEAD)
            for byte in text:
                connection.sendall(chunk(bytes([byte])))
            connection.sendall(END)

        answer = world.call(script)
        assert answer.body == text and answer.is_complete, answer.body

    def large_event():
        event = b"data: " + b"x" * (3 * 1024 * 1024) + b"\n\n"

        def script(connection, _):
            connection.sendall(EVENT_STREAM_HEAD + chunk(event) + END)

        answer = world.call(script)
        assert answer.body == event and answer.is_complete, len(answer.body)

    def quiet_stream():
        def script(connection, _):
            connection.sendall(EVENT_STREAM_HEAD + chunk(b"data: 1\n\n"))
            time.sleep(QUIET_SECONDS)
            connection.sendall(chunk(b"data: half"))
            time.sleep(3)
            connection.sendall(chunk(b" whole\n\n") + END)

        answer = world.call(script)
        events = b"".join(piece for _, piece in answer.pieces if not piece.startswith(b":"))
        comments = len(answer.pieces) - 3
        assert answer.is_complete and events == b"data: 1\n\ndata: half whole\n\n", answer.pieces
        assert QUIET_SECONDS - 3 <= comments <= QUIET_SECONDS, comments
        assert answer.pieces[-2][1:] == (b"data: half",), "a comment stands inside an event"

    def client_leaves():
        left = []

        def script(connection, request):
            connection.sendall(EVENT_STREAM_HEAD + chunk(b"data: 1\n\n"))
            connection.settimeout(NOTICED_SECONDS * 5)
            if connection.recv(1) == b"":
                left.append(time.monotonic())

        world.server.script = script
        connection = world.send()
        while b"data: 1" not in connection.recv(65536):
            pass
        closed = time.monotonic()
        connection.close()
        assert wait_until(lambda: left, NOTICED_SECONDS * 5) and left[0] - closed < NOTICED_SECONDS, left

    def upstream_dies():
        def script(connection, _):
            connection.sendall(EVENT_STREAM_HEAD + chunk(b"data: 1\n\n") + b"ff\r\nhalf")

        answer = world.call(script)
        assert answer.status == 200 and not answer.is_complete, answer

    def odd_headers():
        values = [b"a  b", b'"quoted, \\" text"', b"\x80\xff", b"=?base64?w6Q=?=", b"a\tb", b"x" * 4000]
        for value in values:
            world.call(whole(b"200 OK", b"content-type: application/json\r\n", b"{}"), headers=b"mcp-param-odd: " + value + b"\r\n")
            assert world.server.received[-1].header(b"mcp-param-odd") == value, value
        for value in values:
            answer = world.call(whole(b"200 OK", b"content-type: application/json\r\nmcp-odd: " + value + b"\r\n", b"{}"))
            assert answer.header(b"mcp-odd") == value, value

    def session_kept():
        answer = world.call(whole(b"200 OK", b"content-type: application/json\r\nMcp-Session-Id: s-1\r\n", b"{}"), headers=b"Mcp-Session-Id: s-0\r\n")
        assert world.server.received[-1].header(b"mcp-session-id") == b"s-0"
        assert answer.header(b"mcp-session-id") == b"s-1", answer.head

    def secrets_stay():
        world.call(whole(b"200 OK", b"", b"{}"), headers=b"cookie: c=1\r\nx-amz-date: 20000101T000000Z\r\nx-forwarded-for: 1.2.3.4\r\n")
        request = world.server.received[-1]
        assert request.header(b"cookie") is None and request.header(b"x-forwarded-for") is None, request.head
        assert b"Bearer" not in request.head and b"20000101" not in request.head, request.head

    def signed_for_upstream():
        world.call(whole(b"200 OK", b"", b"{}"))
        request = world.server.received[-1]
        assert request.header(b"host").decode() in world.server.url, request.head
        assert request.header(b"authorization").startswith(b"AWS4-HMAC-SHA256 "), request.head

    def refusal_keeps_id():
        world.server.script = lambda connection, _: connection.close()
        with world.send(b'{"jsonrpc":"2.0","id":"a\\u0062","method":"ping"}') as connection:
            answer = read_answer(connection)
        assert answer.status == 502 and b'"id":"a\\u0062"' in answer.body, answer
        assert json.loads(answer.body)["error"]["data"]["reason"] == "upstream_unavailable", answer

    yield "requests pass byte for byte", requests_unchanged
    yield "answers pass byte for byte", answers_unchanged
    yield "202 stays 202 without a body", accepted
    yield "error statuses pass with their bodies", error_statuses
    yield "chunks arrive when they are sent", moments
    yield "characters split over chunks stay whole", characters_split
    yield "events over a mebibyte pass", large_event
    yield "a quiet stream is kept open with comments between events", quiet_stream
    yield "a client that leaves is noticed within a second", client_leaves
    yield "an upstream that dies shows as broken", upstream_dies
    yield "odd but legal header values pass", odd_headers
    yield "the session id passes both ways", session_kept
    yield "cookies, signatures and tokens of the client stay here", secrets_stay
    yield "the request is signed for the upstream", signed_for_upstream
    yield "a refusal answers with the request's own id", refusal_keeps_id


#: What each broken proxy must make fail.
SABOTAGES = {
    saboteur.drop_session: "the session id passes both ways",
    saboteur.buffer_events: "chunks arrive when they are sent",
    saboteur.reserialise: "answers pass byte for byte",
    saboteur.rewrite_accepted: "202 stays 202 without a body",
}


def sabotages():
    for change, victim in SABOTAGES.items():

        def noticed(change=change, victim=victim):
            with wire(saboteur.proxy(change)) as world:
                must_fail(checks_of(world), victim)

        yield f"notices: {change.__doc__}", noticed
