//! The plain HTTP/1.1 server, where no Lambda runtime is: containers and local work.

use std::{convert::Infallible, net::SocketAddr, time::Duration, time::Instant};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use uuid::Uuid;

use super::{Handler, answer};
use crate::call::{AnswerBody, Call, Door, Unread};

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long open requests may go on after the order to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then lets open requests end. `max_request_bytes` is asked for each request.
pub async fn serve(
    listener: TcpListener,
    max_request_bytes: impl Fn() -> usize + Clone + Send + 'static,
    handler: impl Handler,
    stop: impl Future<Output = ()>,
) {
    let on_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let open = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors, most likely: waiting is all that helps.
                Err(_) => { tokio::time::sleep(Duration::from_millis(50)).await; continue }
            },
        };
        let door = Door::Plain { on_loopback };
        let connection = connection(stream, peer, door, max_request_bytes.clone(), handler.clone());
        let connection = open.watch(connection);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(reason = %error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, open.shutdown()).await.is_err() {
        tracing::warn!("open requests did not end in time; stopping anyway");
    }
    // What is still open leaves its audit line and its spans now, while something can be done with them.
    connections.shutdown().await;
}

fn connection<H: Handler>(
    stream: TcpStream,
    peer: SocketAddr,
    door: Door,
    max_request_bytes: impl Fn() -> usize + Send + 'static,
    handler: H,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (limit, handler) = (max_request_bytes(), handler.clone());
        async move { Ok::<_, Infallible>(serve_one(request, peer, door, limit, handler).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
}

async fn serve_one(
    request: Request<Incoming>,
    peer: SocketAddr,
    door: Door,
    max_request_bytes: usize,
    handler: impl Handler,
) -> Response<AnswerBody> {
    let received = Instant::now();
    let request_id = Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let body = read_body(body, max_request_bytes).await;
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        path_without_stage: None,
        authority: parts.uri.authority().cloned(),
        headers: parts.headers,
        body,
        source: Some(peer.ip()),
        request_id,
        xray_trace: None,
        received,
        deadline: None,
        door,
    };
    answer(&handler, call).await
}

async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    tokio::time::timeout(BODY_TIMEOUT, collect(body, limit)).await.unwrap_or(Err(Unread::Incomplete))
}

/// Reads on for a while above the limit: a client that is cut while it writes never reads the 413.
async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let mut whole = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(|_| Unread::Incomplete)?.into_data() else { continue };
        received += chunk.len();
        if received <= limit {
            whole.extend_from_slice(&chunk);
        } else if received > limit.saturating_mul(2) {
            break;
        }
    }
    if received <= limit { Ok(whole.freeze()) } else { Err(Unread::TooLarge) }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
