//! Files that arguments name, and standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::failure::Failure;

/// Larger than anything a command reads on purpose.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The text of a file, or of standard input where the path is `-`.
///
/// # Errors
/// [`Failure::Unreadable`], also where it is no UTF-8 text or larger than 16 MiB.
pub fn read(path: &Path) -> Result<String, Failure> {
    let read = || {
        let source: Box<dyn Read> =
            if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
        let mut text = String::new();
        source.take(MAX_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
    };
    read().map_err(|reason| Failure::Unreadable { path: path.to_owned(), reason })
}
