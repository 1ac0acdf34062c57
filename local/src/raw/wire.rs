//! HTTP/1.1 requests read from a socket as the bytes they are (RFC 9112), headers in order and in their own case.
//! Reading is bounded: a head of 64 KiB, a body of the size any server here accepts.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request};
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::server::MAX_REQUEST_BYTES;

const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RawRequest {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Bytes)>,
    pub(super) body: Bytes,
}

/// The socket and what was read from it but not used yet.
pub(super) struct Wire {
    pub(super) stream: TcpStream,
    buffer: BytesMut,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next request; `None` when the peer is gone or speaks something else.
    pub(super) async fn read_request(&mut self) -> Option<RawRequest> {
        let mut request = loop {
            if let Some((head, length)) = parse_head(&self.buffer)? {
                self.buffer.advance(length);
                break head;
            }
            if self.buffer.len() > MAX_HEAD_BYTES {
                return None;
            }
            self.fill().await?;
        };
        request.body = match body_length(&request.headers)? {
            Some(length) => self.take(length).await?,
            None => self.read_chunks().await?,
        };
        Some(request)
    }

    /// Returns once the peer has closed or reset the connection.
    pub(super) async fn peer_left(&mut self) {
        while self.fill().await.is_some() {}
    }

    async fn read_chunks(&mut self) -> Option<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let size = self.read_line().await?;
            let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
            if body.len().checked_add(size)? > MAX_REQUEST_BYTES {
                return None;
            }
            if size == 0 {
                while !self.read_line().await?.is_empty() {}
                return Some(body.freeze());
            }
            body.extend_from_slice(&self.take(size).await?);
            self.read_line().await?;
        }
    }

    async fn read_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                return String::from_utf8(line.to_vec()).ok();
            }
            if self.buffer.len() > MAX_HEAD_BYTES {
                return None;
            }
            self.fill().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Option<Bytes> {
        if length > MAX_REQUEST_BYTES {
            return None;
        }
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Some(self.buffer.split_to(length).freeze())
    }

    async fn fill(&mut self) -> Option<()> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(1..) => Some(()),
            _ => None,
        }
    }
}

impl RawRequest {
    /// The same request for a library that wants one; `None` if `http` can't hold it.
    pub(super) fn to_http(&self) -> Option<Request<Bytes>> {
        let mut request =
            Request::builder().method(self.method.as_str()).uri(&self.target).body(self.body.clone()).ok()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
        }
        Some(request)
    }
}

/// A complete head and its length; `Some(None)` while it is incomplete.
fn parse_head(buffer: &[u8]) -> Option<Option<(RawRequest, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(buffer).ok()? else { return Some(None) };
    let request = RawRequest {
        method: parsed.method?.into(),
        target: parsed.path?.into(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), Bytes::copy_from_slice(header.value)))
            .collect(),
        body: Bytes::new(),
    };
    Some(Some((request, length)))
}

/// The body's length; `Some(None)` for a chunked body.
fn body_length(headers: &[(String, Bytes)]) -> Option<Option<usize>> {
    let find = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    if find("transfer-encoding").is_some() {
        return Some(None);
    }
    let Some(length) = find("content-length") else { return Some(Some(0)) };
    Some(Some(std::str::from_utf8(length).ok()?.trim().parse().ok()?))
}
