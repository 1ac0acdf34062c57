"""An OTLP/HTTP receiver that takes binary protobuf as OpenTelemetry's own package defines it and refuses everything else.
GET /received returns what came, as OTLP's JSON. argv: the port."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

SIGNALS = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}
received: list[dict] = []
refused: list[str] = []


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"received": received, "refused": refused}).encode()
        self.answer(200, body, "application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            request, response = SIGNALS[self.path]
            assert self.headers["content-type"] == "application/x-protobuf", self.headers["content-type"]
            message = request.FromString(body)
            # Serialised again without what the definition does not know, it must be as long as it came.
            message.DiscardUnknownFields()
            assert message.ByteSize() == len(body), "fields that OTLP does not define"
        except Exception as error:
            refused.append(f"{self.path}: {error!r}")
            self.answer(400, b"", "application/x-protobuf")
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        received.append({"path": self.path, "headers": headers, "message": MessageToDict(message)})
        self.answer(200, response().SerializeToString(), "application/x-protobuf")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
