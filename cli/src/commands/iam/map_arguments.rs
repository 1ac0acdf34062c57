//! The role map that both commands are about.

use clap::Args;
use rolecall_core::config::Config;

use crate::{configuration::ConfigurationArguments, failure::Failure, iam::map::RoleMap};

/// Where it is, and what the configuration does not say of it.
#[derive(Args)]
pub struct MapArguments {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// The client id in the tokens' `azp`, which STS takes for their audience; may be repeated [default: oidc.audience]
    #[arg(long, value_name = "ID")]
    pub client_id: Vec<String>,
    /// ARN of the function's execution role, which roles trust where awsSts.exchange is assumeRole
    #[arg(long, value_name = "ARN")]
    pub gateway_role: Option<String>,
    /// The account, where the role map has roles in several
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}

impl MapArguments {
    /// The checked configuration.
    ///
    /// # Errors
    /// [`Failure`] where it cannot be read or has mistakes.
    pub fn config(&self) -> Result<Config, Failure> {
        self.configuration.config()
    }

    /// Its role map; `clients` besides those that were given.
    pub fn map(&self, config: &Config, clients: &[String]) -> RoleMap {
        RoleMap::new(config, &[&*self.client_id, clients].concat(), self.gateway_role.as_deref())
    }

    /// The account that is meant.
    ///
    /// # Errors
    /// [`Failure::Account`] where it takes an argument to tell, or the argument is no account of the map.
    pub fn account(&self, map: &RoleMap) -> Result<String, Failure> {
        let accounts = map.accounts();
        match (&self.account, accounts.as_slice()) {
            (Some(given), _) if accounts.contains(&&**given) => Ok(given.clone()),
            (None, [only]) => Ok((*only).to_owned()),
            _ => Err(Failure::Account { accounts: accounts.join(", ") }),
        }
    }
}
