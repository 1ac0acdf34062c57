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
    /// endpoint does: a web page must not read it.
    pub async fn serve(self, listener: TcpListener, config: Arc<Config>) {
        let on_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
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
                    .serve_connection(TokioIo::new(stream), service);
                let _ = connection.await;
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
