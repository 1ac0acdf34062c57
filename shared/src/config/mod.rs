//! `gateway.yaml` as types. A [`Config`] that exists has been checked whole: every URL, ARN, duration and
//! expression in it is usable, so no station validates configuration again.

mod types;

pub use types::{Audit, AwsSts, Config, Limits, Oidc, Resource, Upstream};
