//! Where `gateway.yaml` comes from when it is no file, as pure rules: names of sources, the requests that read them,
//! what the answers mean, and when to look again. The gateway's `config_source` does the calls.

mod appconfig;
mod endpoint;
mod object;
mod parameter;
mod refresh;
mod refusal;
mod s3;
mod service;
mod source;
mod ssm;

pub use appconfig::{AnswerHeaders, Profile, get_latest_configuration, session_token, start_session};
pub use endpoint::Endpoint;
pub use object::Object;
pub use parameter::{Parameter, reference};
pub use refresh::RefreshSchedule;
pub use refusal::Refusal;
pub use s3::get_object;
pub use service::Service;
pub use source::{ConfigSource, InvalidSource};
pub use ssm::{MAX_NAMES, Parameters, StoredParameter, get_parameters, parameters};

/// A service's answer that is not what its API reference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("does not answer as this service does; check the endpoint")]
pub struct Unreadable;
