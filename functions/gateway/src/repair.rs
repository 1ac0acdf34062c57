//! What is made good between the MCP server's answer and the client, each repair at most once and named in
//! the audit line: expired sessions, throttled list calls, credentials that AWS no longer takes.

use std::time::{Duration, Instant};

use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use rolecall_core::{
    mcp::Message,
    rejection::Rejection,
    relay::{is_expired_session, rejects_credentials, retry_delay, retry_on_throttle},
};

use crate::upstream::UpstreamAnswer;

/// Error documents are shorter; what is longer passes as it is.
const MAX_ERROR_BYTES: usize = 16 * 1024;
/// For a throttled answer that names no time itself.
const RETRY_AFTER_THROTTLE: HeaderValue = HeaderValue::from_static("1");

/// The repairs of one request.
pub struct Repairs {
    retry_on_throttle: bool,
    throttled: u32,
    renewed: bool,
    began: Instant,
}

/// What to do with an answer.
pub enum Verdict {
    /// Hand it on.
    Pass(Box<UpstreamAnswer>),
    /// Drop the credentials and send again with new ones: AWS has not acted on the request.
    RenewCredentials,
    /// Send again after this time: AWS has not acted on the request.
    Wait(Duration),
}

impl Repairs {
    /// For a request with this body.
    #[must_use]
    pub fn new(message: &Message<'_>) -> Self {
        Self {
            retry_on_throttle: message.method().is_some_and(retry_on_throttle),
            throttled: 0,
            renewed: false,
            began: Instant::now(),
        }
    }

    /// Looks at an answer, and at its body's beginning where its status calls for that.
    ///
    /// # Errors
    /// [`Rejection::UpstreamRejectedCredentials`] where new credentials were refused as well.
    pub async fn judge(
        &mut self,
        mut answer: UpstreamAnswer,
        repairs: &mut Vec<&'static str>,
    ) -> Result<Verdict, Rejection> {
        match answer.status {
            StatusCode::UNAUTHORIZED => self.renew(repairs),
            StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN => {
                answer.peek(MAX_ERROR_BYTES).await;
                if rejects_credentials(answer.status.as_u16(), &answer.headers, &answer.beginning) {
                    self.renew(repairs)
                } else {
                    Ok(Verdict::Pass(Box::new(answer)))
                }
            }
            StatusCode::TOO_MANY_REQUESTS => Ok(self.throttled(answer, repairs)),
            StatusCode::OK if answer.is_short_json(MAX_ERROR_BYTES) => {
                let is_whole = answer.peek(MAX_ERROR_BYTES).await;
                if is_whole && is_expired_session(200, answer.headers.get(CONTENT_TYPE), &answer.beginning) {
                    repairs.push("session_expired_to_404");
                    answer.status = StatusCode::NOT_FOUND;
                }
                Ok(Verdict::Pass(Box::new(answer)))
            }
            _ => Ok(Verdict::Pass(Box::new(answer))),
        }
    }

    fn renew(&mut self, repairs: &mut Vec<&'static str>) -> Result<Verdict, Rejection> {
        if self.renewed {
            return Err(Rejection::UpstreamRejectedCredentials);
        }
        self.renewed = true;
        repairs.push("credentials_renewed");
        Ok(Verdict::RenewCredentials)
    }

    fn throttled(&mut self, mut answer: UpstreamAnswer, repairs: &mut Vec<&'static str>) -> Verdict {
        let named = answer.headers.get(RETRY_AFTER);
        let delay = self
            .retry_on_throttle
            .then(|| retry_delay(self.throttled, named, self.began.elapsed()))
            .flatten();
        match delay {
            Some(delay) => {
                self.throttled += 1;
                repairs.push("throttle_retried");
                Verdict::Wait(delay)
            }
            None => {
                answer.headers.entry(RETRY_AFTER).or_insert(RETRY_AFTER_THROTTLE);
                Verdict::Pass(Box::new(answer))
            }
        }
    }
}
