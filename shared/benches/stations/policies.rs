//! Policies as a team of some size writes them: most are about other groups and other tools.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use rolecall_core::{
    authorize::{Authorization, Connection, DenyStatus, PolicyFile},
    mcp::Message,
};

/// This many policies, of which the last two are about the caller's group: a permit and a forbid, each with a condition.
pub fn files(count: usize) -> Vec<PolicyFile> {
    let mut text = String::new();
    for number in 2..count {
        text.push_str(&format!(
            "@id(\"other-{number}\")\n\
             permit(principal in Group::\"team-{number}\", action == Action::\"tools/call\", resource == Tool::\"tool-{number}\")\n\
             when {{ resource.arguments.bucket like \"team-{number}-*\" && context.claims.org == \"engineering\" }};\n"
        ));
    }
    text.push_str(
        "@id(\"readers\")\n\
         permit(principal in Group::\"s3-readers\", action == Action::\"tools/call\", resource)\n\
         when { context.claims has org && context.claims.org == \"engineering\" };\n\
         @id(\"no-deletions\")\n\
         forbid(principal in Group::\"s3-readers\", action, resource)\n\
         when { resource has aws && resource.aws.parsed && resource.aws.operation like \"delete*\" };\n",
    );
    vec![PolicyFile { name: "policies.cedar".to_owned(), text }]
}

/// These policies in force.
pub fn authorization(count: usize) -> Authorization {
    Authorization::new(&files(count), None, "groups", None, DenyStatus::Forbidden).unwrap()
}

/// What a policy call comes with.
pub fn headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// The exchange around it.
pub fn connection<'a>(headers: &'a HeaderMap, message: &'a Message<'a>) -> Connection<'a> {
    Connection::new("aws-mcp.us-east-1.api.aws", Some([192, 0, 2, 7].into()), headers, message)
}
