//! A role, and where each part of it is written.

use std::path::Path;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Which file.
    pub source: usize,
    /// Pointer into its tree.
    pub at: String,
}

/// A role as far as a file shows it.
pub struct Role {
    /// Which file.
    pub source: usize,
    /// How the file writes roles.
    pub shape: Shape,
    /// Pointer to what has its properties.
    pub at: String,
    /// What messages call it.
    pub label: String,
    /// Its ARN; `None` where the file does not tell.
    pub arn: Option<String>,
    /// Whether its name is made by CloudFormation, so that only the path of `arn` is certain.
    pub is_name_made: bool,
    /// Pointer to its trust policy.
    pub trust: String,
    /// Policies of its own; `None` where the file does not show any role's.
    pub policies: Option<Vec<Location>>,
    /// ARNs of policies that are attached to it.
    pub attached: Vec<String>,
    /// Its boundary.
    pub boundary: Boundary,
    /// Seconds; `None` where the file does not tell.
    pub maximum: Option<u64>,
}

/// What a file says about a permissions boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// Nothing.
    NotShown,
    /// There is none.
    Absent,
    /// The ARN of the policy.
    Is(String),
}

/// How a file writes roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As IAM's API answers.
    Account,
    /// A resource of CloudFormation.
    Template,
    /// A resource of Terraform, with this name.
    Terraform(String),
    /// A trust policy alone.
    Trust,
}

impl Role {
    /// A role of which a file shows the trust policy alone; the file is named after it.
    pub fn trust_alone(source: usize, file: &str) -> Self {
        let label = Path::new(file).file_stem().map_or_else(|| file.into(), |stem| stem.to_string_lossy());
        Self {
            source,
            shape: Shape::Trust,
            at: String::new(),
            label: label.into_owned(),
            arn: None,
            is_name_made: false,
            trust: String::new(),
            policies: None,
            attached: Vec::new(),
            boundary: Boundary::NotShown,
            maximum: None,
        }
    }
}
