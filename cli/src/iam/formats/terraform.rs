//! Terraform's JSON syntax, for the `aws` provider (Terraform documentation, JSON Configuration Syntax).

use serde_json::{Map, Value, json};

use crate::iam::rendered::{
    BOUNDARY, BOUNDARY_IS, GUARDRAIL, GUARDRAIL_IS, PATH, Rendered, RenderedRole, description,
};

/// What guardrail and boundary are called within the module.
const GUARDRAIL_ID: &str = "mcp_guardrail";
const BOUNDARY_ID: &str = "mcp_boundary";

/// The contents of a `.tf.json` file.
pub fn terraform(rendered: &Rendered) -> Value {
    let mut resources = Map::new();
    if let Some((url, clients)) = &rendered.provider {
        let provider = json!({ "rolecall": { "url": template(url), "client_id_list": clients } });
        resources.insert("aws_iam_openid_connect_provider".to_owned(), provider);
    }
    let policies = json!({
        GUARDRAIL_ID: policy(GUARDRAIL, GUARDRAIL_IS, &rendered.limits.guardrail),
        BOUNDARY_ID: policy(BOUNDARY, BOUNDARY_IS, &rendered.limits.boundary),
    });
    resources.insert("aws_iam_policy".to_owned(), policies);
    let (mut roles, mut attachments) = (Map::new(), Map::new());
    for role in &rendered.roles {
        let id = free(&roles, &resource_name(role.mapped.arn.name()));
        attachments.insert(format!("{id}_guardrail"), attachment(&id));
        roles.insert(id, role_resource(role));
    }
    resources.insert("aws_iam_role".to_owned(), Value::Object(roles));
    resources.insert("aws_iam_role_policy_attachment".to_owned(), Value::Object(attachments));
    json!({
        "terraform": { "required_providers": { "aws": { "source": "hashicorp/aws" } } },
        "resource": resources,
    })
}

/// A letter or underscore, then letters, digits, underscores and hyphens (Terraform documentation, Identifiers).
fn resource_name(name: &str) -> String {
    let usable = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let cleaned: String = name.chars().map(|letter| if usable(letter) { letter } else { '_' }).collect();
    if cleaned.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        cleaned
    } else {
        format!("_{cleaned}")
    }
}

/// Two names may differ in punctuation alone.
fn free(taken: &Map<String, Value>, wanted: &str) -> String {
    let numbered = (2_u32..).map(|number| format!("{wanted}_{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|id| !taken.contains_key(id)).unwrap_or_default()
}

fn policy(name: &str, description: &str, document: &Value) -> Value {
    json!({ "name": name, "path": PATH, "description": description, "policy": embedded(document) })
}

fn role_resource(role: &RenderedRole) -> Value {
    json!({
        "name": role.mapped.arn.name(),
        "path": role.mapped.path(),
        "description": description(&role.mapped),
        "max_session_duration": role.mapped.maximum(),
        "permissions_boundary": format!("${{aws_iam_policy.{BOUNDARY_ID}.arn}}"),
        "assume_role_policy": embedded(&role.trust),
    })
}

fn attachment(role: &str) -> Value {
    json!({
        "role": format!("${{aws_iam_role.{role}.name}}"),
        "policy_arn": format!("${{aws_iam_policy.{GUARDRAIL_ID}.arn}}"),
    })
}

/// A policy as the text that the provider wants.
fn embedded(document: &Value) -> String {
    template(&document.to_string())
}

/// A text that stands for itself: Terraform reads every text as a template.
fn template(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}
