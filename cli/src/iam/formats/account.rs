//! As `aws iam get-account-authorization-details` shows an account, with the identity provider besides.

use serde_json::{Value, json};

use crate::iam::rendered::{BOUNDARY, GUARDRAIL, PATH, Rendered, RenderedRole, description, policy_arn};

/// The document.
pub fn account(rendered: &Rendered) -> Value {
    let Rendered { partition, account, limits, .. } = rendered;
    let arn = |name: &str| policy_arn(partition, account, name);
    let policy = |name: &str, document: &Value| {
        json!({
            "PolicyName": name,
            "Arn": arn(name),
            "Path": PATH,
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{ "Document": document, "VersionId": "v1", "IsDefaultVersion": true }],
        })
    };
    let roles = rendered.roles.iter().map(role);
    let providers =
        rendered.provider.iter().map(|(url, clients)| json!({ "Url": url, "ClientIDList": clients }));
    json!({
        "OpenIDConnectProviders": providers.collect::<Vec<_>>(),
        "RoleDetailList": roles.collect::<Vec<_>>(),
        "Policies": [policy(GUARDRAIL, &limits.guardrail), policy(BOUNDARY, &limits.boundary)],
    })
}

/// One role of it.
pub fn role(role: &RenderedRole) -> Value {
    let mapped = &role.mapped;
    let arn = |name: &str| policy_arn(mapped.arn.partition(), mapped.arn.account(), name);
    json!({
        "Path": mapped.path(),
        "RoleName": mapped.arn.name(),
        "Arn": mapped.arn.as_str(),
        "Description": description(mapped),
        "MaxSessionDuration": mapped.maximum(),
        "AssumeRolePolicyDocument": role.trust,
        "RolePolicyList": [],
        "AttachedManagedPolicies": [{ "PolicyName": GUARDRAIL, "PolicyArn": arn(GUARDRAIL) }],
        "PermissionsBoundary": { "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn(BOUNDARY) },
    })
}
