//! `/metrics` for Prometheus, on an address of its own.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use opentelemetry_prometheus::PrometheusExporter;
use prometheus::{Encoder, Registry, TEXT_FORMAT, TextEncoder};
use rolecall_core::{
    config::{Config, Resource},
    front_door::check_host,
};
use tokio::{net::TcpListener, sync::Semaphore};

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole scrape, the peer's reading included.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// A few scrapers, and no more of this process than that.
const MAX_CONNECTIONS: usize = 16;

/// The metrics as Prometheus fetches them.
#[derive(Clone)]
pub struct Scrapes {
    /// Where to listen.
    pub listen: SocketAddr,
    registry: Registry,
}

impl Scrapes {
    /// Scrapes, and what reads the instruments for them.
    pub(super) fn new(listen: SocketAddr) -> Option<(Self, PrometheusExporter)> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build();
        let reader =
            reader.inspect_err(|error| tracing::error!(reason = %error, "no metrics for Prometheus"));
        Some((Self { listen, registry }, reader.ok()?))
    }

    /// Answers scrapes; ends never. Listening on loopback, it refuses a `Host` that is no name of this machine, as the
    /// endpoint does: a web page must not read it. Peers that neither ask nor read keep their places for a while; whoever
    /// comes when none is free is turned away at once.
    pub async fn serve(self, listener: TcpListener, config: Arc<Config>) {
        let on_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let scrapes = self.clone();
            let config = Arc::clone(&config);
            let service = service_fn(move |request| {
                let answer = scrapes.answer(&request, &config.resource, on_loopback);
                std::future::ready(Ok::<_, Infallible>(answer))
            });
            tokio::spawn(async move {
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADER_TIMEOUT)
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), service);
                let _ = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
                drop(place);
            });
        }
    }

    fn answer(
        &self,
        request: &Request<Incoming>,
        resource: &Resource,
        on_loopback: bool,
    ) -> Response<Full<Bytes>> {
        let authority = request.uri().authority();
        if on_loopback && check_host(request.headers(), authority, resource, on_loopback).is_err() {
            return status(StatusCode::FORBIDDEN);
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => self.scrape().unwrap_or(status(StatusCode::INTERNAL_SERVER_ERROR)),
            (_, "/metrics") => status(StatusCode::METHOD_NOT_ALLOWED),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    fn scrape(&self) -> Option<Response<Full<Bytes>>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).ok()?;
        let mut answer = Response::new(Full::new(text.into()));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
        Some(answer)
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use rolecall_core::config;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        time::timeout,
    };

    use super::*;

    const CONFIG: &str = "\
resourceUrl: https://mcp.example.com/mcp
oidc: {issuer: https://idp.example.com, audience: aws-mcp}
awsSts: {region: us-east-1, fallbackRoleArn: 'arn:aws:iam::111122223333:role/R'}
";
    const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const SOON: Duration = Duration::from_secs(5);

    async fn listening() -> SocketAddr {
        listening_with(|_| ()).await
    }

    async fn listening_with(change: impl FnOnce(&Registry)) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = config::load(CONFIG, "gateway.yaml", &|_| None, &|_| Ok(Vec::new())).unwrap();
        let (scrapes, _reader) = Scrapes::new(address).unwrap();
        change(&scrapes.registry);
        tokio::spawn(scrapes.serve(listener, Arc::new(config)));
        address
    }

    /// All that comes until the peer closes; nothing where it resets.
    async fn rest(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("the connection stays open");
        String::from_utf8(bytes).unwrap()
    }

    async fn scrape(address: SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(REQUEST).await;
        rest(stream).await
    }

    #[tokio::test]
    async fn an_answer_ends_its_connection() {
        assert!(scrape(listening().await).await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn without_a_free_place_a_scraper_is_turned_away_and_the_next_is_not() {
        let address = listening().await;
        let mut silent = Vec::new();
        for _ in 0..MAX_CONNECTIONS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        assert_eq!(scrape(address).await, "");
        silent.clear();
        let answered = async {
            while scrape(address).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(SOON, answered).await.expect("places are free again");
    }

    #[tokio::test]
    async fn a_peer_that_does_not_read_loses_its_place() {
        const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;
        let help = "x".repeat(MORE_THAN_BUFFERS_HOLD);
        let large = prometheus::IntCounter::new("large", help).unwrap();
        let address = listening_with(|registry| registry.register(Box::new(large)).unwrap()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        stream.readable().await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        tokio::time::pause();
        tokio::time::advance(CONNECTION_TIMEOUT).await;
        tokio::time::resume();
        assert!(rest(stream).await.len() < MORE_THAN_BUFFERS_HOLD, "the rest was never sent");
    }
}
