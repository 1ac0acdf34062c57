//! Station *authorize*.

mod aws_command;

pub use aws_command::{AwsCommand, NotPlain};
