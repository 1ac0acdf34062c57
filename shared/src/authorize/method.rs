//! Which methods pass, which need a permit, and which bring lists. What is not named here needs a permit.

use crate::mcp::method;

/// What a method needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It passes.
    Nothing,
    /// A policy must permit the call.
    Permit,
    /// It passes, and its answer is filtered.
    Filter(List),
}

/// The lists whose items are calls that policies decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `tools/list`.
    Tools,
    /// `prompts/list`.
    Prompts,
    /// `resources/list`.
    Resources,
    /// `resources/templates/list`.
    ResourceTemplates,
}

impl Need {
    /// What a message with this method needs, with or without an id: a server may act on either.
    #[must_use]
    pub fn of(method: &str) -> Self {
        match method {
            method::TOOLS_LIST => Self::Filter(List::Tools),
            method::PROMPTS_LIST => Self::Filter(List::Prompts),
            method::RESOURCES_LIST => Self::Filter(List::Resources),
            method::RESOURCES_TEMPLATES_LIST => Self::Filter(List::ResourceTemplates),
            method::INITIALIZE
            | method::PING
            | method::SERVER_DISCOVER
            | method::LOGGING_SET_LEVEL
            | method::ROOTS_LIST
            | method::SUBSCRIPTIONS_LISTEN => Self::Nothing,
            _ if method.starts_with(method::NOTIFICATIONS) => Self::Nothing,
            _ => Self::Permit,
        }
    }
}

impl List {
    /// The member of the result that holds the items.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::ResourceTemplates => "resourceTemplates",
        }
    }
    /// The member of an item by which calls name it.
    #[must_use]
    pub const fn item_key(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::ResourceTemplates => "uriTemplate",
        }
    }
}
