//! Which names are names of secrets, whatever their case and however their words are joined.

/// A name that holds one of these words means a secret.
const SECRET_WORDS: [&str; 17] = [
    "authorization",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "credential",
    "signature",
    "cookie",
    "assertion",
    "connectionstring",
    "plaintext",
    "keymaterial",
];
/// Names that mean one as a whole.
const SECRETS: [&str; 4] = ["auth", "sig", "jwt", "bearer"];
/// Names that end so: `DB_PASS`, `dbpass`, `MYSQL_PWD`.
const ENDS: [&str; 2] = ["pass", "pwd"];
/// Words that end so and mean no secret.
const OTHER_ENDS: [&str; 5] = ["bypass", "compass", "surpass", "trespass", "overpass"];
/// `SecretId`, `secretArn`, `tokenName`: which secret it is, and what an audit asks for.
const NAMING: [&str; 3] = ["id", "arn", "name"];

/// Whether the value under this name is to be left out.
pub(super) fn is_secret(name: &str) -> bool {
    let joins = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let is_other = OTHER_ENDS.iter().any(|end| ends_with(name, end));
    let name: Vec<u8> =
        name.bytes().filter(|byte| !joins(byte)).map(|byte| byte.to_ascii_lowercase()).collect();
    SECRETS.iter().any(|secret| secret.as_bytes() == name)
        || (!is_other && ENDS.iter().any(|end| name.ends_with(end.as_bytes())))
        || (has_secret_word(&name) && !NAMING.iter().any(|suffix| name.ends_with(suffix.as_bytes())))
}

/// Whether `name` ends with `end`, whatever the case.
pub(super) fn ends_with(name: &str, end: &str) -> bool {
    let last = name.len().checked_sub(end.len()).and_then(|at| name.get(at..));
    last.is_some_and(|last| last.eq_ignore_ascii_case(end))
}

/// Names are short: setting up a search for each word would cost more than looking at every place.
fn has_secret_word(name: &[u8]) -> bool {
    let mut rest = name;
    while let [_, next @ ..] = rest {
        if SECRET_WORDS.iter().any(|word| rest.starts_with(word.as_bytes())) {
            return true;
        }
        rest = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "authorization",
            "Proxy-Authorization",
            "PASSWORD",
            "MasterUserPassword",
            "--master-user-password",
            "db.password",
            "client_secret",
            "SecretString",
            "SecretAccessKey",
            "aws_secret_access_key",
            "sessionToken",
            "X-Amz-Security-Token",
            "X-Amz-Signature",
            "X-Amz-Credential",
            "apiKey",
            "api-key",
            "x_api_key",
            "private key",
            "Credentials",
            "Set-Cookie",
            "sig",
            "pwd",
            "DB_PASS",
            "DBY_PASS",
            "dbPass",
            "dbpass",
            "MYSQL_PWD",
            "Plaintext",
            "--plaintext",
            "KeyMaterial",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "",
            "user",
            "cli_command",
            "SecretId",
            "secretArn",
            "secret-name",
            "key",
            "Bucket",
            "sign",
            "é",
            "pass_count",
            "bypass",
            "enableBypass",
            "keyId",
            "KeyMaterialId",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
