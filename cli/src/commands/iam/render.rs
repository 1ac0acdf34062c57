//! `rolecall iam render`: roles, trust policies, boundary and guardrail for a role map.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use clap::{Args, ValueEnum};
use rolecall_core::config::Config;
use serde_json::{Value, json};

use super::map_arguments::MapArguments;
use crate::{
    console::ODD,
    failure::Failure,
    iam::{
        formats::{account, cloudformation, terraform},
        limits::Limits,
        rendered::Rendered,
        trust::TrustBy,
    },
    report::{Report, Verdict},
};

/// Write roles, trust policies, boundary and guardrail for the role map of a configuration
///
/// One account at a time. The roles have no permissions beyond guardrail and boundary: add what your teams need. Each trust
/// policy repeats whom the map means, as far as STS can see it; what it cannot see is told on standard error.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct Render {
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Cloudformation)]
    format: Format,
    #[command(flatten)]
    map: MapArguments,
    /// What backs a mapping whose claim STS cannot see, such as groups
    #[arg(long, value_enum, default_value_t = Backing::SessionTag)]
    trust_by: Backing,
    /// The session tag that holds the mapping's value, where --trust-by is session-tag
    #[arg(long, value_name = "KEY", default_value = "Team")]
    trust_tag: String,
    /// The regions in which roles may act, separated by commas [default: those that the configuration names]
    #[arg(long, value_delimiter = ',', value_name = "REGION")]
    regions: Vec<String>,
    /// Leave the identity provider out, because the account has it already
    #[arg(long)]
    without_provider: bool,
}

const AFTER_HELP: &str = "\
Examples:
  rolecall iam render > roles.json
  aws cloudformation deploy --stack-name rolecall-roles \\
    --template-file roles.json --capabilities CAPABILITY_NAMED_IAM

  Tokens carry the client's id as azp (Auth0, Keycloak, Entra ID):
  rolecall iam render --client-id 0oa1b2c3d4

  The roles of another account, for Terraform:
  rolecall iam render --account 444455556666 --format terraform-json > roles.tf.json

  awsSts.exchange is assumeRole:
  rolecall iam render \\
    --gateway-role arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole";

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A CloudFormation template
    Cloudformation,
    /// The documents, as aws iam get-account-authorization-details shows them
    Json,
    /// A module in Terraform's JSON syntax
    TerraformJson,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backing {
    /// A session tag that the identity provider puts into the token
    SessionTag,
    /// The list of roles in the claim https://aws.amazon.com/roles
    RolesClaim,
}

impl Render {
    /// # Errors
    /// [`Failure`] where the configuration is of no use, or an argument is missing.
    pub fn run(&self) -> Result<Written, Failure> {
        let config = self.map.config()?;
        let map = self.map.map(&config, &[]);
        let limits = Limits::shipped(&self.regions(&config))?;
        let mut rendered = Rendered::new(&map, &self.map.account(&map)?, &self.trust_by(), limits)?;
        if self.without_provider {
            rendered.provider = None;
        }
        let document = match self.format {
            Format::Cloudformation => cloudformation(&rendered),
            Format::Json => account(&rendered),
            Format::TerraformJson => terraform(&rendered),
        };
        Ok(Written { document, account: rendered.account, notes: rendered.notes })
    }

    fn trust_by(&self) -> TrustBy {
        match self.trust_by {
            Backing::SessionTag => TrustBy::SessionTag(self.trust_tag.clone()),
            Backing::RolesClaim => TrustBy::RolesClaim,
        }
    }

    fn regions(&self, config: &Config) -> Vec<String> {
        if !self.regions.is_empty() {
            return self.regions.clone();
        }
        let of_mappings = config.aws_sts.role_mappings.iter().filter_map(|it| it.session.aws_region.clone());
        let of_upstream = config.upstream.meta.get("AWS_REGION").and_then(Value::as_str).map(str::to_owned);
        let own = [config.aws_sts.region.clone()];
        let regions: BTreeSet<_> = own.into_iter().chain(of_mappings).chain(of_upstream).collect();
        regions.into_iter().collect()
    }
}

/// What was written.
pub struct Written {
    account: String,
    document: Value,
    notes: Vec<String>,
}

impl Report for Written {
    fn verdict(&self) -> Verdict {
        Verdict::Fine
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for note in &self.notes {
            // The document alone goes where a deployment reads it.
            anstream::eprintln!("{ODD}note{ODD:#}: {note}");
        }
        serde_json::to_writer_pretty(&mut *out, &self.document)?;
        writeln!(out)
    }

    fn json(&self) -> Value {
        json!({ "account": self.account, "document": self.document, "notes": self.notes })
    }
}
