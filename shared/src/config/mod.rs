//! `gateway.yaml` as types. A [`Config`] that exists has been checked whole: every URL, ARN, duration and
//! expression in it is usable, so no station validates configuration again.
//!
//! Text becomes a tree (`yaml`), variables are expanded in it (`prepare`), `sections` read it; each step adds its
//! findings to one report, and only an empty report yields a [`Config`].

mod expand;
mod field;
mod files;
mod finding;
mod json;
mod keys;
mod node;
mod policy_tests;
mod prepare;
mod review;
mod section;
mod sections;
mod suggest;
mod types;
mod urls;
mod yaml;

pub use expand::variables_in;
pub use files::{PolicyFiles, UnreadableFiles};
pub use finding::{Finding, Findings};
pub use keys::known_keys;
pub use policy_tests::{DEFAULT_ROLE, DEFAULT_SERVER, Expected, PolicyTest, PolicyTests, load_policy_tests};
pub use review::{Size, WARNING_IDS, Warning, review, sizes};
pub use types::{Audit, AwsSts, Config, Limits, MetricsFormat, Oidc, Resource, Telemetry, Upstream};
pub use urls::is_https_or_loopback;

use field::Field;
use finding::Report;

/// Reads a configuration file.
///
/// `source` is its text, `file` the name that messages give it, `environment` looks up the variables of `${NAME}`,
/// `files` finds the policies that it names.
///
/// # Errors
/// Every mistake of the file and its policies at once; a YAML syntax error alone, because nothing can be read past it.
pub fn load(
    source: &str,
    file: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    files: PolicyFiles<'_>,
) -> Result<Config, Findings> {
    let report = Report::new(file);
    let root = yaml::parse(source, &report).map(|mut root| {
        prepare::prepare(&mut root, environment, &report);
        root
    });
    let config = root.and_then(|root| sections::read(&Field::new(&report, String::new(), &root), files));
    report.conclude(config)
}
