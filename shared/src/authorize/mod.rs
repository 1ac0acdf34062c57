//! Station *authorize*: policies in Cedar decide what a caller's message may do, before anything is sent for it.
//!
//! Invariants: a [`Permit`] comes only from this station, and the exchange takes nothing else; whatever a policy cannot be
//! asked about for certain is denied.

mod annotations;
mod authorization;
mod aws_command;
mod aws_facts;
mod call;
mod cedar_error;
mod denial;
mod entities;
mod facts;
mod json;
mod list_filter;
mod method;
mod mistake;
mod permit;
mod policies;
mod request;
mod scope_doubts;
mod scopes;
mod session_policy;
mod tool_list;
mod tool_names;
mod values;

pub use annotations::Annotations;
pub use authorization::Authorization;
pub use aws_command::{AwsCommand, NotPlain};
pub use call::{CallFacts, Caller, Connection};
pub use denial::{Denial, DenialCause, DenyStatus, PolicyFailure};
pub use facts::Facts;
pub use json::{Json, JsonError, MAX_DEPTH, MAX_VALUES};
pub use list_filter::{AnswerForm, EventFilter, Filtered, ListFilter, MAX_ANSWER_BYTES, Unreadable};
pub use method::{List, Need};
pub use mistake::{PolicyMistake, PolicyMistakes};
pub use permit::{Grant, Permit, Ruling};
pub use policies::PolicyFile;
pub use request::{Call, Incoming, InvalidRequest};
pub use tool_list::{Listed, PageReader, ToolList, ToolListing, ToolPage};
