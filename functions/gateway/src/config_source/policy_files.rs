//! The policy files that a configuration names: beside the configuration where it is a file, else below the working
//! directory, which is the function's package on Lambda.

use std::{
    fs,
    path::{Path, PathBuf},
};

use glob::{Pattern, glob};
use rolecall_core::{authorize::PolicyFile, config::UnreadableFiles};

/// A policy is a page of text.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Files of one pattern.
const MAX_FILES: usize = 1_000;

/// The files below `directory` that match `pattern`, sorted; named as the pattern names them.
///
/// # Errors
/// [`UnreadableFiles`]: no pattern, more than 1 000 files, or one that is no UTF-8 text or larger than 1 MiB.
pub fn read(directory: &Path, pattern: &str) -> Result<Vec<PolicyFile>, UnreadableFiles> {
    let below = PathBuf::from(Pattern::escape(&directory.display().to_string()));
    let unusable = |_| UnreadableFiles {
        problem: "is not a path or a pattern".to_owned(),
        remedy: "write a path, with * for any characters of a name, for example policies/*.cedar".to_owned(),
    };
    let found = glob(&below.join(pattern).display().to_string()).map_err(unusable)?;
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|error| unreadable(directory, error.path(), error.error()))?;
        if path.is_dir() {
            continue;
        }
        if files.len() == MAX_FILES {
            return Err(UnreadableFiles {
                problem: format!("matches more than {MAX_FILES} files"),
                remedy: "write a narrower pattern".to_owned(),
            });
        }
        files.push(file(directory, &path)?);
    }
    Ok(files)
}

fn file(directory: &Path, path: &Path) -> Result<PolicyFile, UnreadableFiles> {
    let failed = |error| unreadable(directory, path, &error);
    if fs::metadata(path).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(UnreadableFiles {
            problem: format!("{} is larger than {MAX_FILE_BYTES} bytes", name(directory, path)),
            remedy: "split the file".to_owned(),
        });
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    Ok(PolicyFile { name: name(directory, path), text })
}

fn name(directory: &Path, path: &Path) -> String {
    path.strip_prefix(directory).unwrap_or(path).display().to_string()
}

fn unreadable(directory: &Path, path: &Path, error: &std::io::Error) -> UnreadableFiles {
    UnreadableFiles {
        problem: format!("{} cannot be read: {error}", name(directory, path)),
        remedy: "check the file and its permissions".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path, pattern: &str) -> Vec<String> {
        read(directory, pattern).unwrap().into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn a_pattern_begins_at_the_directory_whatever_that_is_called() {
        let directory = std::env::temp_dir().join(format!("rolecall [x] * {}", std::process::id()));
        let policies = directory.join("policies");
        fs::create_dir_all(policies.join("deep.cedar")).unwrap();
        fs::write(policies.join("b.cedar"), "// b").unwrap();
        fs::write(policies.join("a.cedar"), "// a").unwrap();
        fs::write(policies.join("notes.txt"), "").unwrap();
        fs::write(policies.join("latin1.txt"), b"\xff").unwrap();

        assert_eq!(names(&directory, "policies/*.cedar"), ["policies/a.cedar", "policies/b.cedar"]);
        assert_eq!(names(&directory, "policies/a.cedar"), ["policies/a.cedar"]);
        assert_eq!(names(&directory, "none/*.cedar"), [""; 0]);
        let absolute = policies.join("a.cedar").display().to_string();
        assert_eq!(names(Path::new("/nowhere"), &Pattern::escape(&absolute)), [absolute]);
        let refused = read(&directory, "policies/latin1.txt").unwrap_err().problem;
        assert!(refused.starts_with("policies/latin1.txt cannot be read: "), "{refused}");
        assert_eq!(read(&directory, "a***").unwrap_err().problem, "is not a path or a pattern");
        fs::remove_dir_all(directory).unwrap();
    }
}
