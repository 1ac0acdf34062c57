//! CloudFormation's functions, resolved as far as a template tells (CloudFormation User Guide, intrinsic functions).
//!
//! What it does not tell becomes a text that [`is_unresolved`] knows.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{
    document::{Document, child},
    source::{Origin, Source},
};
use crate::failure::Failure;

const UNRESOLVED: &str = "<unresolved ";
const NO_VALUE: &str = "AWS::NoValue";
/// Nested more deeply than any template; keeps references in circles from recursing without end.
const MAX_DEPTH: usize = 60;
/// Far more functions than any template calls; keeps those that call each other twice from doing so for ever.
const MAX_CALLS: usize = 20_000;

/// Whether part of a text is known to AWS only.
pub fn is_unresolved(text: &str) -> bool {
    text.contains(UNRESOLVED)
        || text.contains("${aws_")
        || text.contains("${data.")
        || text.contains("${var.")
}

/// What a template is resolved with.
pub struct Setting {
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::Partition`.
    pub partition: String,
    /// `AWS::Region`.
    pub region: String,
    /// Values of parameters.
    pub parameters: HashMap<String, String>,
}

/// Resolves a template.
///
/// # Errors
/// [`Failure::Unusable`] where a parameter that its roles need has no value.
pub fn resolve(document: Document, setting: &Setting) -> Result<Source, Failure> {
    let mut resolver = Resolver {
        template: &document.value,
        setting,
        origins: Vec::new(),
        missing: BTreeSet::new(),
        calls: 0,
    };
    let tree = resolver.template();
    let Resolver { origins, missing, .. } = resolver;
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|name| format!("--parameter {name}=…")).collect();
        return Err(Failure::Unusable {
            path: document.file.into(),
            problem: "parameters that its roles need have no value".to_owned(),
            remedy: format!("give {}", names.join(" ")),
        });
    }
    Ok(Source::resolved(document, tree, origins))
}

struct Resolver<'a> {
    template: &'a Value,
    setting: &'a Setting,
    origins: Vec<Origin>,
    missing: BTreeSet<String>,
    calls: usize,
}

impl Resolver<'_> {
    /// The resources of IAM that are created.
    fn template(&mut self) -> Value {
        let mut resources = Map::new();
        let written = self.template.get("Resources").and_then(Value::as_object);
        for (name, resource) in written.into_iter().flatten() {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let condition = resource.get("Condition").and_then(Value::as_str);
            if kind.starts_with("AWS::IAM::") && condition.is_none_or(|name| self.condition(name, 0)) {
                let at = child("/Resources", name);
                if let Some(value) = self.value(resource, &at, &at, 0) {
                    resources.insert(name.clone(), value);
                }
            }
        }
        Value::Object(Map::from_iter([("Resources".to_owned(), Value::Object(resources))]))
    }

    /// `None` is `AWS::NoValue`. `from` is where the document has it, `at` where the tree will.
    fn value(&mut self, value: &Value, from: &str, at: &str, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return Some(unresolved("what is nested too deeply"));
        }
        match value {
            Value::Object(entries) => match function(entries) {
                Some((name, argument)) => self.call(name, argument, from, at, depth + 1),
                None => Some(self.object(entries, from, at, depth + 1)),
            },
            Value::Array(items) => Some(self.list(items, from, at, depth + 1)),
            scalar => Some(scalar.clone()),
        }
    }

    fn object(&mut self, entries: &Map<String, Value>, from: &str, at: &str, depth: usize) -> Value {
        let mut resolved = Map::new();
        for (key, value) in entries {
            if let Some(value) = self.value(value, &child(from, key), &child(at, key), depth) {
                resolved.insert(key.clone(), value);
            }
        }
        Value::Object(resolved)
    }

    fn list(&mut self, items: &[Value], from: &str, at: &str, depth: usize) -> Value {
        let mut resolved = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (from, at) = (format!("{from}/{index}"), format!("{at}/{}", resolved.len()));
            let Some(value) = self.value(item, &from, &at, depth) else { continue };
            if resolved.len() != index {
                self.origins.push(Origin { at, from, text: None });
            }
            resolved.push(value);
        }
        Value::Array(resolved)
    }

    fn call(&mut self, name: &str, argument: &Value, from: &str, at: &str, depth: usize) -> Option<Value> {
        if !self.may_go_on() {
            return Some(unresolved(name));
        }
        match (name, argument.as_array().map(Vec::as_slice)) {
            ("Ref", _) => self.reference(argument.as_str()?, depth),
            ("Fn::If", Some([condition, yes, no])) => {
                let (index, chosen) =
                    if self.condition(condition.as_str()?, depth) { (1, yes) } else { (2, no) };
                let from = format!("{from}/Fn::If/{index}");
                self.origins.push(Origin { at: at.to_owned(), from: from.clone(), text: None });
                self.value(chosen, &from, at, depth)
            }
            ("Fn::Sub", Some([text, variables])) => {
                self.substitute(text.as_str()?, variables.as_object(), depth)
            }
            ("Fn::Sub", None) => self.substitute(argument.as_str()?, None, depth),
            ("Fn::GetAtt", Some([resource, attribute])) => {
                Some(self.attribute(resource.as_str()?, attribute.as_str()?, depth))
            }
            ("Fn::Join", Some([separator, items])) => {
                let items = self.inner(items, depth)?;
                let texts: Vec<_> = items.as_array()?.iter().map(as_text).collect();
                Some(Value::from(texts.join(separator.as_str()?)))
            }
            ("Fn::Split", Some([separator, text])) => {
                let text = as_text(&self.inner(text, depth)?);
                Some(Value::from_iter(text.split(separator.as_str()?)))
            }
            ("Fn::Select", Some([index, items])) => {
                let index = as_text(&self.inner(index, depth)?).parse::<usize>().ok()?;
                let items = self.inner(items, depth)?;
                Some(items.get(index).cloned().unwrap_or_else(|| unresolved("Fn::Select")))
            }
            ("Fn::FindInMap", Some([map, first, second])) => {
                let mut found = self.template.get("Mappings")?.clone();
                for key in [map, first, second] {
                    found = found.get(as_text(&self.inner(key, depth)?))?.clone();
                }
                Some(found)
            }
            _ => Some(unresolved(name)),
        }
    }

    fn may_go_on(&mut self) -> bool {
        self.calls += 1;
        self.calls <= MAX_CALLS
    }

    /// A value whose place does not matter.
    fn inner(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let known = self.origins.len();
        let resolved = self.value(value, "", "", depth);
        self.origins.truncate(known);
        resolved
    }

    fn reference(&mut self, name: &str, depth: usize) -> Option<Value> {
        let region = &self.setting.region;
        Some(match name {
            NO_VALUE => return None,
            "AWS::AccountId" => Value::from(&*self.setting.account),
            "AWS::Partition" => Value::from(&*self.setting.partition),
            "AWS::Region" => Value::from(&**region),
            "AWS::URLSuffix" => Value::from("amazonaws.com"),
            _ => match self.parameter(name) {
                Some(value) => value,
                None => self.identity(name, depth),
            },
        })
    }

    fn parameter(&mut self, name: &str) -> Option<Value> {
        let declared = self.template.get("Parameters")?.get(name)?;
        let is_list = declared.get("Type").and_then(Value::as_str).is_some_and(|kind| kind.contains("List"));
        let given = self.setting.parameters.get(name).cloned();
        let Some(text) = given.or_else(|| declared.get("Default").map(as_text)) else {
            self.missing.insert(name.to_owned());
            return Some(unresolved(name));
        };
        Some(if is_list { Value::from_iter(text.split(',').map(str::trim)) } else { Value::from(text) })
    }

    /// What `Ref` gives for a resource.
    fn identity(&mut self, name: &str, depth: usize) -> Value {
        let resource = self.template.get("Resources").and_then(|all| all.get(name));
        let kind = resource.and_then(|it| it.get("Type")).and_then(Value::as_str);
        match kind {
            Some("AWS::IAM::ManagedPolicy") => {
                Value::from(self.arn("policy", "ManagedPolicyName", name, depth))
            }
            Some("AWS::IAM::Role") => {
                Value::from(self.property(name, "RoleName", depth).unwrap_or_else(|| name.to_owned()))
            }
            _ => unresolved(name),
        }
    }

    fn attribute(&mut self, name: &str, attribute: &str, depth: usize) -> Value {
        let resource = self.template.get("Resources").and_then(|all| all.get(name));
        match (resource.and_then(|it| it.get("Type")).and_then(Value::as_str), attribute) {
            (Some("AWS::IAM::Role"), "Arn") => Value::from(self.arn("role", "RoleName", name, depth)),
            (Some("AWS::IAM::ManagedPolicy"), "PolicyArn") => self.identity(name, depth),
            _ => unresolved(&format!("{name}.{attribute}")),
        }
    }

    /// The ARN of a resource of this template; its logical id stands for a name that CloudFormation makes.
    fn arn(&mut self, kind: &str, name_key: &str, id: &str, depth: usize) -> String {
        let name = self.property(id, name_key, depth).unwrap_or_else(|| id.to_owned());
        let path = self.property(id, "Path", depth).unwrap_or_else(|| "/".to_owned());
        let Setting { partition, account, .. } = self.setting;
        format!("arn:{partition}:iam::{account}:{kind}{path}{name}")
    }

    fn property(&mut self, id: &str, key: &str, depth: usize) -> Option<String> {
        let written = self.template.get("Resources")?.get(id)?.get("Properties")?.get(key)?;
        self.inner(written, depth + 1).map(|value| as_text(&value))
    }

    fn substitute(
        &mut self,
        text: &str,
        variables: Option<&Map<String, Value>>,
        depth: usize,
    ) -> Option<Value> {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            written.push_str(before);
            let (name, after) = after.split_once('}')?;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                written.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let value = match (variables.and_then(|given| given.get(name)), name.split_once('.')) {
                (Some(value), _) => self.inner(value, depth),
                (None, Some((resource, attribute))) => Some(self.attribute(resource, attribute, depth)),
                (None, None) => self.reference(name, depth),
            };
            written.push_str(&value.as_ref().map(as_text).unwrap_or_default());
        }
        written.push_str(rest);
        Some(Value::from(written))
    }

    fn condition(&mut self, name: &str, depth: usize) -> bool {
        let written = self.template.get("Conditions").and_then(|all| all.get(name));
        written.is_some_and(|condition| self.holds(condition, depth + 1))
    }

    fn holds(&mut self, condition: &Value, depth: usize) -> bool {
        let Some((name, argument)) = condition.as_object().and_then(function) else { return false };
        let arguments = argument.as_array().map(Vec::as_slice);
        match (name, arguments) {
            _ if depth > MAX_DEPTH || !self.may_go_on() => false,
            ("Condition", _) => argument.as_str().is_some_and(|name| self.condition(name, depth)),
            ("Fn::Equals", Some([one, other])) => self.inner(one, depth) == self.inner(other, depth),
            ("Fn::Not", Some([inner])) => !self.holds(inner, depth + 1),
            ("Fn::And", Some(all)) => all.iter().all(|one| self.holds(one, depth + 1)),
            ("Fn::Or", Some(any)) => any.iter().any(|one| self.holds(one, depth + 1)),
            _ => false,
        }
    }
}

fn function(entries: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = entries.iter().next().filter(|_| entries.len() == 1)?;
    (name.starts_with("Fn::") || name == "Ref" || (name == "Condition" && argument.is_string()))
        .then_some((name.as_str(), argument))
}

fn unresolved(what: &str) -> Value {
    Value::from(format!("{UNRESOLVED}{what}>"))
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
