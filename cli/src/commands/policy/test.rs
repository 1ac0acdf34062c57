//! `rolecall policy test`: holds the tests that lie beside policies against them.

use std::path::{Path, PathBuf};

use clap::Args;
use rolecall_core::{
    authorize::{Authorization, DenyStatus, PolicyFile},
    config::{PolicyTests, load_policy_tests},
};
use rolecall_gateway::config_source::read_policy_files;

use super::{
    judged::judge,
    tested::{Row, Tested},
};
use crate::failure::Failure;

const REMEDY: &str = "write <folder>/*.cedar and <folder>/tests/*.yaml; see docs/policies.md";

/// Run the tests beside policies, and name policies that no test reaches
///
/// Takes the policies DIR/*.cedar, checked against DIR/*.cedarschema where there is one, and the tests DIR/tests/*.yaml.
/// Each test has a name, a token's claims, a request and the decision that is expected:
///
///   tests:
///     - name: readers may list buckets
///       claims: {sub: rita, groups: [readers]}
///       request: {tool: aws___call_aws, arguments: {cli_command: aws s3 ls --region eu-west-1}}
///       decision: allow
///       policies: [readers-commands]
///
/// Where policies ask what the MCP server says of a tool, a test has that too: annotations: {readOnlyHint: true}.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  rolecall policy test policies
  rolecall policy test policies --require-coverage    in a build: a policy without a test fails too"
)]
pub struct Test {
    /// The folder of the policies
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Exit code 1 where a policy determined the outcome of no test
    #[arg(long)]
    require_coverage: bool,
}

impl Test {
    /// # Errors
    /// [`Failure`] where there are no policies or no tests, or they cannot be read.
    pub fn run(&self) -> Result<Tested, Failure> {
        let policies = self.files("*.cedar")?;
        let schema = self.files("*.cedarschema")?;
        if schema.len() > 1 {
            return Err(self.unusable("has several schemas", "keep one *.cedarschema"));
        }
        let files = self.files("tests/*.yaml")?;
        if policies.is_empty() {
            return Err(self.unusable("has no policies", REMEDY));
        }
        if files.is_empty() {
            return Err(self.unusable("has no tests", REMEDY));
        }
        let mut tested = Tested { require_coverage: self.require_coverage, ..Tested::default() };
        for file in &files {
            match load_policy_tests(&file.text, &file.name) {
                Ok(tests) => self.hold(&tests, &policies, schema.first(), &file.name, &mut tested),
                Err(findings) => tested.mistakes.extend(findings.iter().map(ToString::to_string)),
            }
        }
        Ok(tested)
    }

    /// All rows of one file.
    fn hold(
        &self,
        tests: &PolicyTests,
        policies: &[PolicyFile],
        schema: Option<&PolicyFile>,
        file: &str,
        tested: &mut Tested,
    ) {
        let separator = tests.groups_separator.as_deref();
        let loaded =
            Authorization::new(policies, schema, &tests.groups_claim, separator, DenyStatus::Forbidden);
        let authorization = match loaded {
            Ok(authorization) => authorization,
            Err(mistakes) => {
                // Nearly always the same for every file of tests.
                let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
                let new = |mistake: &String| !tested.mistakes.contains(mistake);
                let new: Vec<_> = mistakes.into_iter().filter(new).collect();
                tested.mistakes.extend(new);
                return;
            }
        };
        tested.policies.extend(authorization.policy_ids());
        for test in &tests.tests {
            let judged = judge(&authorization, &tests.server, test);
            tested.covered.extend(judged.policies.iter().cloned());
            tested.rows.push(Row::new(file, test, judged));
        }
    }

    /// Named as a user would name them from here.
    fn files(&self, pattern: &str) -> Result<Vec<PolicyFile>, Failure> {
        let files = read_policy_files(&self.directory, pattern)
            .map_err(|error| self.unusable(&error.problem, &error.remedy))?;
        let named = |file: PolicyFile| PolicyFile { name: self.name(&file.name), ..file };
        Ok(files.into_iter().map(named).collect())
    }

    fn name(&self, file: &str) -> String {
        self.directory.join(Path::new(file)).display().to_string()
    }

    fn unusable(&self, problem: &str, remedy: &str) -> Failure {
        Failure::Unusable {
            path: self.directory.clone(),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
