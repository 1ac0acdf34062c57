//! The record of a call to STS. It holds no token and no secret.

use super::trust::Tag;

/// A call to STS, as it arrived and as it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsCall {
    /// The `Action` parameter.
    pub action: String,
    /// The `RoleArn` parameter.
    pub role_arn: String,
    /// The `RoleSessionName` parameter.
    pub session_name: String,
    /// The `DurationSeconds` parameter, where sent.
    pub duration: Option<String>,
    /// The `Policy` parameter, where sent.
    pub policy: Option<String>,
    /// The `PolicyArns` members.
    pub policy_arns: Vec<String>,
    /// The token's `sub`, once it was believed.
    pub subject: Option<String>,
    /// The role whose credentials signed, once the signature was verified.
    pub caller: Option<String>,
    /// The `SourceIdentity` parameter, where sent.
    pub source_identity: Option<String>,
    /// The session tags, taken from the token or from the parameters.
    pub tags: Vec<Tag>,
    /// The `TransitiveTagKeys` members.
    pub transitive_tag_keys: Vec<String>,
    /// Whether the request carried an `Authorization` header.
    pub signed: bool,
    /// The access key id issued, or the error code answered.
    pub outcome: Result<String, String>,
    /// The request id answered.
    pub request_id: String,
}
