//! How long a request stayed at each station.

use std::time::Duration;

use crate::rejection::Rejection;

/// A station of the path, or the way to the MCP server's list of tools that policies may need before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the station that it names")]
pub enum Station {
    Authenticate,
    MapRole,
    ToolList,
    Authorize,
    Exchange,
    Sign,
    Upstream,
    Relay,
}

/// One stay at a station. A request that is sent again stays at some of them again.
#[derive(Clone, Debug)]
pub struct Lap {
    /// Where.
    pub station: Station,
    /// How long after the request's arrival it began.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
    /// What it came to, where the station is the upstream.
    pub sent: Option<Sent>,
    /// Why the request got no further.
    pub error: Option<&'static str>,
}

/// What sending to the MCP server came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The status of its answer.
    Answered(u16),
    /// No answer, for this reason.
    Failed(&'static str),
    /// The caller left, or the time was up, before an answer came.
    Abandoned,
}

impl Station {
    /// The name in labels, spans and `timing_ms`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::MapRole => "map_role",
            Self::ToolList => "tool_list",
            Self::Authorize => "authorize",
            Self::Exchange => "exchange",
            Self::Sign => "sign",
            Self::Upstream => "upstream",
            Self::Relay => "relay",
        }
    }

    /// The station that refuses with this, where it is one that takes time of its own.
    #[must_use]
    pub fn of_rejection(rejection: &Rejection) -> Option<Self> {
        match rejection {
            Rejection::Token(_) => Some(Self::Authenticate),
            Rejection::Role(_) => Some(Self::MapRole),
            Rejection::ToolsUnlisted(_) => Some(Self::ToolList),
            Rejection::Policy { .. } | Rejection::Message(_) => Some(Self::Authorize),
            Rejection::Sts(_) => Some(Self::Exchange),
            Rejection::UpstreamRejectedCredentials
            | Rejection::UpstreamUnavailable
            | Rejection::UpstreamTimeout => Some(Self::Upstream),
            Rejection::AnswerWithheld(_) => Some(Self::Relay),
            _ => None,
        }
    }
}
