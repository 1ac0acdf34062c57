//! What AppConfig has deployed, polled in a session whose every token is used once.

use rolecall_core::config_source::{
    AnswerHeaders, Endpoint, Profile, Service, Unreadable, get_latest_configuration, session_token,
    start_session,
};

use super::{
    access::{Access, failed},
    document::{Document, text},
    error::Problem,
};
use crate::aws_client::{Attempts, AwsClient, CallFailure};

/// Reads one profile.
pub(super) struct ProfileReader {
    profile: Profile,
    /// For the next poll; taken by it, and gone where it fails: nobody knows then whether it was used.
    token: Option<String>,
    next_poll_seconds: u64,
}

impl ProfileReader {
    pub(super) fn new(profile: Profile) -> Self {
        Self { profile, token: None, next_poll_seconds: 0 }
    }

    /// Seconds before which AppConfig wants no further poll.
    pub(super) fn next_poll_seconds(&self) -> u64 {
        self.next_poll_seconds
    }

    /// The configuration; `None` where it is the one that this session read last.
    pub(super) async fn read(&mut self, access: &Access) -> Result<Option<Document>, Problem> {
        let endpoint = access.endpoint(Service::AppConfig, None)?;
        let client = access.client()?;
        let mut attempts = Attempts::default();
        loop {
            let had_token = self.token.is_some();
            match self.poll(client, &endpoint).await {
                // A token that is refused has ended; a new session may still be had.
                Err(Stumble::Call(failure))
                    if (had_token || failure.is_retryable()) && attempts.another().await => {}
                Err(Stumble::Call(failure)) => return Err(failed(&endpoint, failure)),
                Err(Stumble::Document(problem)) => return Err(problem),
                Ok(document) => return Ok(document),
            }
        }
    }

    async fn poll(&mut self, client: &AwsClient, endpoint: &Endpoint) -> Result<Option<Document>, Stumble> {
        let held = self.token.take();
        let is_first = held.is_none();
        let token = match held {
            Some(token) => token,
            None => session_token(
                &client.call_once(start_session(endpoint, &self.profile)?, endpoint).await?.body,
            )?,
        };
        let answer = client.call_once(get_latest_configuration(endpoint, &token)?, endpoint).await?;
        let headers = AnswerHeaders::read(&answer.headers)?;
        let document = match (answer.body.is_empty(), is_first) {
            (false, _) => Some(Document { text: text(answer.body)?, version: headers.version_label }),
            (true, false) => None,
            (true, true) => return Err(Problem::Empty.into()),
        };
        self.token = Some(headers.next_token);
        self.next_poll_seconds = headers.next_poll_seconds;
        Ok(document)
    }
}

/// A poll that brought nothing.
enum Stumble {
    Call(CallFailure),
    Document(Problem),
}

impl From<CallFailure> for Stumble {
    fn from(failure: CallFailure) -> Self {
        Self::Call(failure)
    }
}

impl From<Unreadable> for Stumble {
    fn from(answer: Unreadable) -> Self {
        Self::Call(answer.into())
    }
}

impl From<Problem> for Stumble {
    fn from(problem: Problem) -> Self {
        Self::Document(problem)
    }
}
