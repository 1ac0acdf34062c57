//! TLS: a handshake of its own, which tells version and certificate trouble apart from everything else.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::{Duration, Instant},
};

use rolecall_gateway::http_client::tls;
use rustls::{CertificateError, ClientConnection, pki_types::ServerName};

use super::{findings::Hop, http::Asker};

const NAME: &str = "TLS";

pub(super) fn examine(asker: &Asker) -> Hop {
    let begun = Instant::now();
    let host = asker.url().host_str().unwrap_or_default();
    let port = asker.url().port_or_known_default().unwrap_or(443);
    match handshake(host, port, asker.timeout()) {
        Ok(version) => Hop::passed(NAME, format!("{version}, the certificate is valid for {host}"))
            .in_time(begun.elapsed()),
        Err((facts, remedy)) => Hop::failed(NAME, facts, remedy),
    }
}

fn handshake(host: &str, port: u16, timeout: Duration) -> Result<String, (String, &'static str)> {
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| (format!("{host} is no host name"), "correct the URL"))?;
    let config = tls().map_err(|error| (error.to_string(), "report it"))?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|error| explain(&error))?;
    let mut stream = connect(host, port, timeout).map_err(|error| {
        let remedy = "check the host name, the port, and that the gateway runs and is reachable from here";
        (format!("{host}:{port}: {error}"), remedy)
    })?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(|error| broken(&error))?;
    }
    let version = connection.protocol_version().map_or("an unknown version", |version| match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
        rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
        _ => "an unknown version",
    });
    Ok(version.to_owned())
}

fn connect(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let addresses = (host.trim_matches(['[', ']']), port).to_socket_addrs()?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn broken(error: &io::Error) -> (String, &'static str) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => explain(error),
        None => (format!("the handshake breaks off: {error}"), "check that TLS is spoken on this port"),
    }
}

fn explain(error: &rustls::Error) -> (String, &'static str) {
    match error {
        rustls::Error::InvalidCertificate(certificate) => {
            let remedy = match certificate {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "renew the certificate"
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "check the clock of this machine, then the certificate"
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "use the name that the certificate has, or get one for this name; resourceUrl must agree"
                }
                CertificateError::UnknownIssuer => {
                    "use a certificate of a public authority with its whole chain: clients and STS know no other"
                }
                _ => "replace the certificate",
            };
            (format!("the certificate is not accepted: {certificate:?}"), remedy)
        }
        error => (error.to_string(), "check that TLS 1.2 or 1.3 is spoken on this port"),
    }
}
