//! Station *authorize*: policies in Cedar decide what a caller's message may do, before anything is sent for it.
//!
//! Invariants: a [`Permit`] comes only from this station, and the exchange takes nothing else; whatever a policy cannot be
//! asked about for certain is denied.

mod authorization;
mod aws_command;
mod aws_facts;
mod call;
mod cedar_error;
mod denial;
mod entities;
mod json;
mod list_filter;
mod method;
mod mistake;
mod permit;
mod policies;
mod request;
mod scope_doubts;
mod session_policy;
mod values;

pub use authorization::Authorization;
pub use aws_command::{AwsCommand, NotPlain};
pub use call::{CallFacts, Caller, Connection};
pub use denial::{Denial, DenialCause, DenyStatus, PolicyFailure};
pub use json::{Json, JsonError, MAX_DEPTH, MAX_VALUES};
pub use list_filter::{AnswerForm, EventFilter, Filtered, ListFilter, MAX_ANSWER_BYTES, Unreadable};
pub use method::{List, Need};
pub use mistake::{PolicyMistake, PolicyMistakes};
pub use permit::{Grant, Permit};
pub use policies::PolicyFile;
pub use request::{Call, Incoming, InvalidRequest};
