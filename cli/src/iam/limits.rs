//! Guardrail and boundary as the shipped templates have them: there is no second copy.

use serde_json::{Value, json};

use super::document::Document;
use crate::failure::Failure;

/// The template of the roles in further accounts; a test holds its limits equal to those of `template.yaml`.
const SHIPPED: &str = include_str!("../../../iam/member-account.yaml");
/// Its place in the repository.
const FILE: &str = "iam/member-account.yaml";

/// The two policies that every role of the map has.
pub struct Limits {
    /// `McpGuardrail`: denies every call that does not come through the AWS MCP Server.
    pub guardrail: Value,
    /// `McpBoundary`: the most that a role can ever do. Its regions are those it was asked for.
    pub boundary: Value,
}

impl Limits {
    /// The limits, with the regions in which roles may act.
    ///
    /// # Errors
    /// [`Failure::Shipped`] where the built-in template has lost them.
    pub fn shipped(regions: &[String]) -> Result<Self, Failure> {
        let template = Document::parse(FILE, SHIPPED)?.value;
        let policy = |name: &str| {
            let document = template.pointer(&format!("/Resources/{name}/Properties/PolicyDocument"));
            document.cloned().ok_or(Failure::Shipped { file: FILE })
        };
        let mut boundary = policy("McpBoundary")?;
        let regions = Value::from(regions);
        replace(&mut boundary, &json!({ "Ref": "AllowedRegions" }), &regions);
        Ok(Self { guardrail: policy("McpGuardrail")?, boundary })
    }
}

fn replace(within: &mut Value, old: &Value, new: &Value) {
    if within == old {
        new.clone_into(within);
        return;
    }
    match within {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
        Value::Object(entries) => entries.values_mut().for_each(|item| replace(item, old, new)),
        _ => {}
    }
}
