//! What [`super::rendered::Rendered`] looks like to the tools that create it.

mod account;
mod cloudformation;
mod terraform;

pub use self::{
    account::{account, role as account_role},
    cloudformation::{cloudformation, template_role},
    terraform::terraform,
};

/// A name that CloudFormation takes for a resource, and Terraform too: letters and digits.
fn identifier(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}
