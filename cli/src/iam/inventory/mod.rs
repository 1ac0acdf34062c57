//! The roles and policies in some files, whatever wrote them.

mod account;
mod role;
mod template;
mod terraform;

use std::collections::HashMap;

use serde_json::Value;

pub use self::role::{Boundary, Location, Role, Shape};
use super::{
    document::Document,
    policy::statements,
    source::Source,
    template::{Setting, resolve},
};
use crate::failure::Failure;

/// What the files show.
#[derive(Default)]
pub struct Inventory {
    /// The files.
    pub sources: Vec<Source>,
    /// The roles.
    pub roles: Vec<Role>,
    /// ARN → where the managed policy's document is.
    pub managed: HashMap<String, Location>,
    /// Documents that stand alone and grant or deny something.
    pub loose: Vec<Location>,
}

const SHAPES: &str = "give a role or an account as `aws iam get-role` or `aws iam get-account-authorization-details` print it, a trust policy, a CloudFormation template, or Terraform's JSON";

impl Inventory {
    /// Adds what one file shows.
    ///
    /// # Errors
    /// [`Failure::Unusable`] where it shows no role and no policy.
    pub fn add(&mut self, document: Document, setting: &Setting) -> Result<(), Failure> {
        let index = self.sources.len();
        let value = &document.value;
        let has = |key: &str| value.get(key).is_some();
        let source = if has("Resources") {
            template::read(self, index, resolve(document, setting)?, setting)
        } else if has("resource") {
            terraform::read(self, index, Source::plain(document), setting)
        } else if has("RoleDetailList")
            || has("Role")
            || has("AssumeRolePolicyDocument")
            || has("PolicyVersion")
        {
            account::read(self, index, Source::plain(document))
        } else if has("Statement") {
            let source = Source::plain(document);
            if is_trust(&source.tree) {
                self.roles.push(Role::trust_alone(index, &source.document.file));
            } else {
                self.loose.push(Location { source: index, at: String::new() });
            }
            source
        } else {
            return Err(useless(&document.file, "neither a role nor a policy"));
        };
        self.sources.push(source);
        Ok(())
    }

    /// The file of a place.
    pub fn source(&self, index: usize) -> Option<&Source> {
        self.sources.get(index)
    }

    /// The tree of a file.
    pub fn tree(&self, index: usize) -> &Value {
        self.source(index).map_or(&Value::Null, |source| &source.tree)
    }
}

fn useless(file: &str, problem: &str) -> Failure {
    Failure::Unusable { path: file.into(), problem: problem.to_owned(), remedy: SHAPES.to_owned() }
}

fn is_trust(policy: &Value) -> bool {
    statements(policy, "").iter().any(|statement| statement.has_any(&["Principal", "NotPrincipal"]))
}
