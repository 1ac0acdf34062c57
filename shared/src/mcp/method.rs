//! Names of the MCP methods that the gateway treats specially; any other name passes like these.

/// Opens a session (revisions before 2026-07-28).
pub const INITIALIZE: &str = "initialize";
/// Asks what the server speaks (2026-07-28).
pub const SERVER_DISCOVER: &str = "server/discover";
/// Calls a tool.
pub const TOOLS_CALL: &str = "tools/call";
/// Lists tools.
pub const TOOLS_LIST: &str = "tools/list";
/// Fetches a prompt.
pub const PROMPTS_GET: &str = "prompts/get";
/// Lists prompts.
pub const PROMPTS_LIST: &str = "prompts/list";
/// Reads a resource.
pub const RESOURCES_READ: &str = "resources/read";
/// Asks for updates of a resource.
pub const RESOURCES_SUBSCRIBE: &str = "resources/subscribe";
/// Ends those updates.
pub const RESOURCES_UNSUBSCRIBE: &str = "resources/unsubscribe";
/// Lists resources.
pub const RESOURCES_LIST: &str = "resources/list";
/// Lists resource templates.
pub const RESOURCES_TEMPLATES_LIST: &str = "resources/templates/list";
/// Completes an argument of a prompt or of a resource template.
pub const COMPLETION_COMPLETE: &str = "completion/complete";
/// Asks whether the other side is there.
pub const PING: &str = "ping";
/// Sets the level of log notifications.
pub const LOGGING_SET_LEVEL: &str = "logging/setLevel";
/// Asks a client for its roots.
pub const ROOTS_LIST: &str = "roots/list";
/// Opens a stream of notifications (2026-07-28).
pub const SUBSCRIPTIONS_LISTEN: &str = "subscriptions/listen";
/// Begins the name of every notification.
pub const NOTIFICATIONS: &str = "notifications/";
