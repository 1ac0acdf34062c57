use clap::Args;
use crate::{failure::Failure, report::Report};
/// stub
#[derive(Args)]
pub struct Check {}
impl Check { pub fn run(&self) -> Result<super::render::Written, Failure> { Err(Failure::GatewayRole) } }
