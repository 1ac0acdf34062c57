//! The real gateway binary as a child process: built by Cargo, configured through a file, stopped when dropped.
//! The child sees none of the caller's AWS or proxy settings, so a test can't reach anything but the stack.

mod binary;
mod capture;
mod process;

pub use binary::GatewayBinary;
pub use capture::Captured;
pub use process::{GatewayProcess, free_port};
