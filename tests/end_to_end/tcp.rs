//! A client that writes its own bytes, for requests that no HTTP library would send and answers to be seen as they are.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{PATIENCE, World};

/// An answer as it came over the wire; several in a row where the connection stayed open.
#[derive(Debug)]
pub struct Wire(pub Vec<u8>);

impl Wire {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    pub fn status(&self) -> u16 {
        self.text().get(9..12).and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    /// The head in lower case.
    pub fn head(&self) -> String {
        self.text().split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase()
    }

    /// What follows the head, chunk sizes included.
    pub fn body(&self) -> &[u8] {
        let end = self.0.windows(4).position(|four| four == b"\r\n\r\n");
        end.map_or(b"", |end| &self.0[end + 4..])
    }
}

pub async fn connect(world: &World) -> TcpStream {
    let address = world.gateway.origin().replace("http://", "");
    TcpStream::connect(address).await.unwrap()
}

/// Sends these bytes, which should ask for the connection's end, and reads until that. `100 Continue` is left out.
pub async fn exchange(world: &World, request: &[u8]) -> Wire {
    let mut stream = connect(world).await;
    // The server may have answered and left before it was told everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection never ended");
    Wire(answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer).to_vec())
}

/// Reads until what was read contains `end`.
pub async fn read_until(stream: &mut TcpStream, end: &str) -> Wire {
    let mut answer = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&answer).contains(end) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "ended before {end:?}: {answer:?}");
        }
    };
    timeout(PATIENCE, reading).await.expect("it never came");
    Wire(answer)
}

/// A request to the endpoint with a token of alice, further header lines and a body.
pub fn post(world: &World, lines: &[&[u8]], body: &[u8]) -> Vec<u8> {
    call(world, "POST", lines, body)
}

/// The same with any method; the connection ends with the answer.
pub fn call(world: &World, method: &str, lines: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n",
        world.token("alice"),
        body.len(),
    );
    let mut request = head.into_bytes();
    for line in lines.iter().copied().chain([b"Connection: close".as_slice()]) {
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    request
}
