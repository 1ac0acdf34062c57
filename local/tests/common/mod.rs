//! Signing as an AWS client signs, with the signer that the servers here must not share.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use rolecall_local::{
    http::client,
    sts::{Credentials, Registry},
};

/// Credentials for a role and session name, valid for an hour.
pub(crate) fn credentials(registry: &Registry, role_arn: &str, session: &str) -> Credentials {
    let id = format!("AROA{}", role_arn.rsplit('/').next().unwrap());
    registry.issue(role_arn, &id, session, Duration::from_secs(3600)).unwrap()
}

/// A request to sign; the defaults are what the MCP server expects.
pub(crate) struct ToSign<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) age: Duration,
}

impl<'a> ToSign<'a> {
    pub(crate) fn post(url: &'a str, body: &'a [u8]) -> Self {
        Self {
            method: "POST",
            url,
            headers: vec![("content-type", "application/json")],
            body,
            region: "us-east-1",
            service: "aws-mcp",
            age: Duration::ZERO,
        }
    }

    /// The headers that the signature adds.
    pub(crate) fn sign(&self, credentials: &Credentials) -> Vec<(String, String)> {
        let identity = AwsCredentials::new(
            &credentials.identity.access_key_id,
            &credentials.secret_access_key,
            Some(credentials.session_token.clone()),
            None,
            "test",
        )
        .into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::now() - self.age)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let request = SignableRequest::new(
            self.method,
            self.url,
            self.headers.iter().copied(),
            SignableBody::Bytes(self.body),
        )
        .unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Signs and sends, with these headers added after signing.
    pub(crate) async fn send(&self, credentials: &Credentials, more: &[(&str, &str)]) -> reqwest::Response {
        let method = self.method.parse().unwrap();
        let mut request = client().request(method, self.url).body(self.body.to_vec());
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        for (name, value) in self.sign(credentials) {
            request = request.header(name, value);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}
