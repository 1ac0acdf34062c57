//! A CloudFormation template in JSON.

use serde_json::{Map, Value, json};

use super::identifier;
use crate::iam::{
    limits::Limits,
    rendered::{BOUNDARY, BOUNDARY_IS, GUARDRAIL, GUARDRAIL_IS, PATH, Rendered, RenderedRole, description},
};

/// The template.
pub fn cloudformation(rendered: &Rendered) -> Value {
    let mut resources = Map::new();
    if let Some((url, clients)) = &rendered.provider {
        resources.insert("IdentityProvider".to_owned(), provider(url, clients));
    }
    resources.insert(GUARDRAIL.to_owned(), policy(GUARDRAIL_IS, &rendered.limits.guardrail));
    resources.insert(BOUNDARY.to_owned(), policy(BOUNDARY_IS, &rendered.limits.boundary));
    let mut outputs = Map::new();
    for role in &rendered.roles {
        let id = free(&|id| resources.contains_key(id), &identifier(role.mapped.arn.name()));
        let output =
            json!({ "Description": "ARN for the role map.", "Value": { "Fn::GetAtt": [&id, "Arn"] } });
        outputs.insert(format!("{id}Arn"), output);
        resources.insert(id, role_resource(role));
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("Roles for Rolecall in account {}, with guardrail and boundary.", rendered.account),
        "Resources": resources,
        "Outputs": outputs,
    })
}

/// One role with what it refers to, for a template that has other resources already: those whose id is `taken` are left
/// out, except the role, which gets another id.
pub fn template_role(
    role: &RenderedRole,
    limits: &Limits,
    taken: &dyn Fn(&str) -> bool,
) -> Vec<(String, Value)> {
    let limits = [(GUARDRAIL, GUARDRAIL_IS, &limits.guardrail), (BOUNDARY, BOUNDARY_IS, &limits.boundary)];
    let missing = limits.into_iter().filter(|(id, ..)| !taken(id));
    let mut resources: Vec<_> =
        missing.map(|(id, is, document)| (id.to_owned(), policy(is, document))).collect();
    resources.push((free(taken, &identifier(role.mapped.arn.name())), role_resource(role)));
    resources
}

/// Two names may differ in punctuation alone.
fn free(taken: &dyn Fn(&str) -> bool, wanted: &str) -> String {
    let wanted = if wanted.is_empty() { "Role" } else { wanted };
    let numbered = (2_u32..).map(|number| format!("{wanted}{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|id| !taken(id)).unwrap_or_default()
}

fn provider(url: &str, clients: &[String]) -> Value {
    json!({
        "Type": "AWS::IAM::OIDCProvider",
        // An account has only one for an issuer, and others may have come to rely on it.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": { "Url": url, "ClientIdList": clients },
    })
}

fn policy(description: &str, document: &Value) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": { "Description": description, "Path": PATH, "PolicyDocument": document },
    })
}

fn role_resource(role: &RenderedRole) -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": role.mapped.arn.name(),
            "Description": description(&role.mapped),
            "Path": role.mapped.path(),
            "MaxSessionDuration": role.mapped.maximum(),
            "PermissionsBoundary": { "Ref": BOUNDARY },
            "ManagedPolicyArns": [{ "Ref": GUARDRAIL }],
            "AssumeRolePolicyDocument": role.trust,
        },
    })
}
