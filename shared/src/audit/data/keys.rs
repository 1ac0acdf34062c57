//! Which names are names of secrets, whatever their case and however their words are joined.

/// A name that holds one of these words means a secret.
const SECRET_WORDS: [&str; 15] = [
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
];
/// Names that mean one as a whole.
const SECRETS: [&str; 6] = ["auth", "sig", "pwd", "pass", "jwt", "bearer"];
/// `SecretId`, `secretArn`, `tokenName`: which secret it is, and what an audit asks for.
const NAMING: [&str; 3] = ["id", "arn", "name"];

/// Whether the value under this name is to be left out.
pub(super) fn is_secret(name: &str) -> bool {
    let letters = |c: char| c.is_alphanumeric().then(|| c.to_ascii_lowercase());
    let name: String = name.chars().filter_map(letters).collect();
    SECRETS.contains(&name.as_str())
        || (SECRET_WORDS.iter().any(|word| name.contains(word))
            && !NAMING.iter().any(|suffix| name.ends_with(suffix)))
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
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
