use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant as Moment,
};

use super::*;

const LIMIT: usize = 100;

/// What the server answers to these bytes, and after how many seconds the connection has ended.
async fn exchange(sent: &str, leave: bool) -> (String, u64) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let handler = |call: Call| async move {
        let (status, kept) = match call.body {
            Ok(body) => (200, body.len().to_string()),
            Err(Unread::TooLarge) => (200, "-1".to_owned()),
            Err(Unread::Incomplete) => (400, "incomplete".to_owned()),
        };
        Response::builder().status(status).body(AnswerBody::Whole(kept.into())).unwrap()
    };
    let server = tokio::spawn(serve(listener, || LIMIT, handler, std::future::pending()));
    let began = Moment::now();
    stream.write_all(sent.as_bytes()).await.unwrap();
    if leave {
        stream.shutdown().await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    server.abort();
    (answer, began.elapsed().as_secs())
}

fn upload(framing: &str, body: &str) -> String {
    format!("POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{framing}\r\n\r\n{body}")
}

#[tokio::test(start_paused = true)]
async fn slow_headers_end_the_connection() {
    for sent in ["", "GET /mcp HTTP/1.1\r\n", "GET /mcp HTTP/1.1\r\nHost: localhost\r\nX: "] {
        assert_eq!(exchange(sent, false).await, (String::new(), 10), "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_in_time_is_refused() {
    for sent in [upload("Content-Length: 9", "half"), upload("Transfer-Encoding: chunked", "4\r\nhalf\r\n")] {
        let (answer, seconds) = exchange(&sent, false).await;
        assert_eq!(seconds, 60, "{sent}");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nincomplete"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_in_the_middle_of_its_request_keeps_nothing_waiting() {
    for sent in [
        "GET /mcp HT".to_owned(),
        upload("Content-Length: 9", "half"),
        upload("Transfer-Encoding: chunked", "4\r\nhalf\r\n"),
    ] {
        let (answer, seconds) = exchange(&sent, true).await;
        assert_eq!(seconds, 0, "{sent}");
        assert!(!answer.starts_with("HTTP/1.1 200"), "half a body never reaches a station: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_of_a_body_is_kept_than_the_limit() {
    for (length, kept) in [(0, "0"), (LIMIT, "100"), (LIMIT + 1, "-1"), (2 * LIMIT, "-1")] {
        let body = "x".repeat(length);
        for sent in [
            upload(&format!("Content-Length: {length}"), &body),
            upload("Transfer-Encoding: chunked", &chunked(&body)),
        ] {
            let (answer, _) = exchange(&sent, false).await;
            assert!(answer.ends_with(&format!("\r\n\r\n{kept}")), "{length}: {answer}");
        }
    }
}

fn chunked(body: &str) -> String {
    let chunk = if body.is_empty() { String::new() } else { format!("{:x}\r\n{body}\r\n", body.len()) };
    format!("{chunk}0\r\n\r\n")
}
