//! What IAM must know for a role map to mean anything, written anew or compared with documents that exist.
//!
//! Nothing here asks AWS: what the documents do not show is named as not judged.

pub mod document;
pub mod formats;
pub mod limits;
pub mod map;
pub mod rendered;
pub mod trust;
