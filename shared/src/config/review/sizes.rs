//! How much of AWS's limits a configuration uses. What passes a limit is no mistake where another way is open.

use super::super::{expand::variables_in, types::Config};
use crate::{
    exchange::{ExchangeMode, MAX_POLICY_ARNS, MAX_POLICY_CHARS, MAX_TAGS},
    role::RoleMapping,
};

/// Systems Manager, "Managing parameter tiers".
const STANDARD_PARAMETER_BYTES: usize = 4_096;
const ADVANCED_PARAMETER_BYTES: usize = 8_192;
/// Lambda quotas, "Environment variables": all together.
const LAMBDA_ENVIRONMENT_BYTES: usize = 4_096;

/// One figure and its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// What is measured.
    pub what: String,
    /// How much it is.
    pub actual: usize,
    /// How much it may be.
    pub limit: usize,
    /// What is counted.
    pub unit: &'static str,
    /// Whose limit it is, and what to do beyond it.
    pub limit_of: &'static str,
}

impl Size {
    /// Whether the limit holds it.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.actual <= self.limit
    }
}

/// The figures of a configuration that [`crate::config::load`] made of `source` with `environment`.
#[must_use]
pub fn sizes(config: &Config, source: &str, environment: &dyn Fn(&str) -> Option<String>) -> Vec<Size> {
    let mut sizes = vec![document(source), variables(source, environment)];
    sizes.extend(session_policies(config));
    if let ExchangeMode::AssumeRole { session_tags } = &config.aws_sts.exchange {
        sizes.push(Size {
            what: "awsSts.sessionTags".to_owned(),
            actual: session_tags.len(),
            limit: MAX_TAGS,
            unit: "tags",
            limit_of: "STS, with those of the token",
        });
    }
    sizes
}

fn document(source: &str) -> Size {
    let actual = source.len();
    let (limit, limit_of) = if actual <= STANDARD_PARAMETER_BYTES {
        (STANDARD_PARAMETER_BYTES, "a standard parameter of Systems Manager")
    } else {
        (
            ADVANCED_PARAMETER_BYTES,
            "an advanced parameter of Systems Manager; beyond, use a file, S3 or AppConfig",
        )
    };
    Size { what: "the configuration".to_owned(), actual, limit, unit: "bytes", limit_of }
}

fn variables(source: &str, environment: &dyn Fn(&str) -> Option<String>) -> Size {
    let bytes = |name: &str| environment(name).map_or(0, |value| name.len() + value.len());
    Size {
        what: "the variables it names".to_owned(),
        actual: variables_in(source).into_iter().map(bytes).sum(),
        limit: LAMBDA_ENVIRONMENT_BYTES,
        unit: "bytes",
        limit_of: "a Lambda function's environment, with its other variables",
    }
}

/// Of the mapping that comes nearest to each limit.
fn session_policies(config: &Config) -> Vec<Size> {
    let mappings = &config.aws_sts.role_mappings;
    let size = |measure: &dyn Fn(&RoleMapping) -> usize, limit, unit| {
        let largest = mappings.iter().max_by_key(|mapping| measure(mapping))?;
        let what = format!("session policies of mapping {}", largest.index);
        Some(Size { what, actual: measure(largest), limit, unit, limit_of: "STS" })
            .filter(|size| size.actual > 0)
    };
    let characters = size(&|mapping| mapping.session.policies.characters(), MAX_POLICY_CHARS, "characters");
    let arns = size(&|mapping| mapping.session.policies.arns.len(), MAX_POLICY_ARNS, "ARNs");
    characters.into_iter().chain(arns).collect()
}
