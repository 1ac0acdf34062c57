//! An object of S3, read again only when its ETag has changed.

use http::{HeaderValue, StatusCode, header::ETAG};
use rolecall_core::config_source::{Object, Service, get_object};

use super::{
    access::{Access, failed},
    document::{Document, text},
    error::Problem,
};

/// Reads one object.
pub(super) struct ObjectReader {
    object: Object,
    /// Of the object that was read last.
    etag: Option<HeaderValue>,
}

impl ObjectReader {
    pub(super) fn new(object: Object) -> Self {
        Self { object, etag: None }
    }

    /// The object; `None` where it is the one that was read last.
    pub(super) async fn read(&mut self, access: &Access) -> Result<Option<Document>, Problem> {
        let endpoint = access.endpoint(Service::S3, None)?;
        let client = access.client()?;
        let asked = async {
            let request = get_object(&endpoint, &self.object, self.etag.as_ref())?;
            client.call(&request, &endpoint).await
        };
        let answer = asked.await.map_err(|failure| failed(&endpoint, failure))?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let etag = answer.headers.get(ETAG);
        let version = answer.headers.get("x-amz-version-id").or(etag);
        let version =
            version.and_then(|value| value.to_str().ok()).map(|text| text.trim_matches('"').to_owned());
        let document = Document { text: text(answer.body)?, version };
        self.etag = etag.cloned();
        Ok(Some(document))
    }
}
