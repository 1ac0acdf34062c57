//! What IAM must know for a role map to mean anything, written anew or compared with documents that exist.
//!
//! Nothing here asks AWS: what the documents do not show is named as not judged.

pub mod checks;
pub mod document;
pub mod finding;
pub mod formats;
pub mod inventory;
pub mod limits;
pub mod map;
pub mod patch;
pub mod policy;
pub mod rendered;
pub mod source;
pub mod template;
pub mod trust;
