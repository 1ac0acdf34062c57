//! Tables of what STS's errors mean and how long credentials serve.

use std::time::{Duration, SystemTime};

use super::*;

const WEB_IDENTITY: Operation = Operation::AssumeRoleWithWebIdentity;

#[test]
fn every_sts_error_has_its_meaning() {
    use StsFailure::{Denied, Misconfigured, TokenRejected, Unavailable};
    let cases = [
        (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", Denied),
        (400, "ExpiredTokenException", "Token expired: current date/time must be before …", TokenRejected),
        (400, "InvalidIdentityToken", "Provided Token is not a Login With Amazon token", TokenRejected),
        (400, "InvalidIdentityToken", "Incorrect token audience", Misconfigured),
        (
            400,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://x",
            Misconfigured,
        ),
        (400, "InvalidIdentityToken", "Missing a required claim: iat", Misconfigured),
        (
            400,
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider",
            Misconfigured,
        ),
        (
            400,
            "InvalidIdentityToken",
            "The target role ARN is not present in the roles claim of the identity token",
            Denied,
        ),
        (403, "IDPRejectedClaim", "", TokenRejected),
        (400, "IDPCommunicationError", "", Unavailable),
        (400, "ValidationError", "DurationSeconds exceeds the MaxSessionDuration", Misconfigured),
        (400, "MalformedPolicyDocument", "", Misconfigured),
        (400, "PackedPolicyTooLarge", "", Misconfigured),
        (403, "RegionDisabledException", "", Misconfigured),
        (400, "Throttling", "Rate exceeded", Unavailable),
        (429, "SlowDownPlease", "", Unavailable),
        (500, "InternalFailure", "", Unavailable),
        (503, "", "", Unavailable),
        (418, "NeverHeardOf", "", Misconfigured),
    ];
    for (status, code, message, expected) in cases {
        let failure = StsAnswer::Error { status, code, message }.failure(&WEB_IDENTITY);
        assert_eq!(failure, expected, "{code}: {message}");
    }
    assert_eq!(StsAnswer::None.failure(&WEB_IDENTITY), Unavailable);
}

#[test]
fn no_error_of_assume_role_blames_the_users_token() {
    use StsFailure::{Denied, Misconfigured, Unavailable};
    let refused = |rest: &str| {
        let function = "arn:aws:sts::111122223333:assumed-role/Rolecall/rolecall";
        let role = "arn:aws:iam::111122223333:role/Team";
        format!("User: {function} is not authorized to perform: sts:AssumeRole on resource: {role}{rest}")
    };
    let cases = [
        (403, "AccessDenied", refused(""), Denied),
        (403, "AccessDenied", "Not authorized to perform sts:AssumeRole".to_owned(), Denied),
        (
            403,
            "AccessDenied",
            refused(" because no resource-based policy allows the sts:TagSession action"),
            Denied,
        ),
        (403, "AccessDenied", refused(" with an explicit deny in a resource-based policy"), Denied),
        (
            403,
            "AccessDenied",
            refused(" because no identity-based policy allows the sts:AssumeRole action"),
            Misconfigured,
        ),
        (403, "AccessDenied", refused(" with an explicit deny in a service control policy"), Misconfigured),
        (403, "AccessDenied", refused(" because no permissions boundary allows it"), Misconfigured),
        (
            403,
            "ExpiredToken",
            "The security token included in the request is expired".to_owned(),
            Misconfigured,
        ),
        (400, "ExpiredTokenException", "Token expired".to_owned(), Misconfigured),
        (
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid".to_owned(),
            Misconfigured,
        ),
        (
            403,
            "SignatureDoesNotMatch",
            "Signature expired: … is now earlier than …".to_owned(),
            Misconfigured,
        ),
        (403, "MissingAuthenticationToken", String::new(), Misconfigured),
        (400, "InvalidIdentityToken", String::new(), Misconfigured),
        (400, "InvalidParameterValue", "Duplicate tag keys found.".to_owned(), Misconfigured),
        (
            400,
            "ValidationError",
            "exceeds the 1 hour session limit for roles assumed by role chaining".to_owned(),
            Misconfigured,
        ),
        (400, "PackedPolicyTooLarge", String::new(), Misconfigured),
        (403, "RegionDisabledException", String::new(), Misconfigured),
        (400, "Throttling", "Rate exceeded".to_owned(), Unavailable),
        (429, "SlowDownPlease", String::new(), Unavailable),
        (500, "InternalFailure", String::new(), Unavailable),
        (418, "NeverHeardOf", String::new(), Misconfigured),
    ];
    let operation = Operation::AssumeRole(SessionTags::default());
    for (status, code, message, expected) in &cases {
        let failure = StsAnswer::Error { status: *status, code, message }.failure(&operation);
        assert_eq!(failure, *expected, "{code}: {message}");
    }
    assert_eq!(StsAnswer::None.failure(&operation), Unavailable);
}

#[test]
fn only_the_missing_key_deserves_a_second_try() {
    let error = |code, message| StsAnswer::Error { status: 400, code, message };
    let text = "Couldn't retrieve verification key from your identity provider, please reference …";
    assert!(error("InvalidIdentityToken", text).deserves_second_try());
    assert!(!error("InvalidIdentityToken", "Incorrect token audience").deserves_second_try());
    assert!(!error("ValidationError", text).deserves_second_try());
    assert!(!StsAnswer::None.deserves_second_try());
}

#[test]
fn credentials_end_with_the_token_they_came_from() {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let credentials = |expires, token_exp| {
        let keys = aws_credential_types::Credentials::new(
            "ASIAEXAMPLE",
            "secret",
            Some("token".into()),
            None,
            "test",
        );
        Credentials::new(keys, "arn".into(), None, at(expires), token_exp)
    };
    let cases = [
        (4600, 9999, 1000, Freshness::Fresh),
        (4600, 9999, 4539, Freshness::Fresh),
        (4600, 9999, 4540, Freshness::RenewalDue),
        (4600, 9999, 4599, Freshness::RenewalDue),
        (4600, 9999, 4600, Freshness::Ended),
        (4600, 2000, 1999, Freshness::Fresh),
        (4600, 2000, 2000, Freshness::Ended),
    ];
    for (expires, token_exp, now, expected) in cases {
        assert_eq!(
            credentials(expires, token_exp).freshness(at(now)),
            expected,
            "{expires} {token_exp} {now}"
        );
    }
    let shown = format!("{:?}", credentials(4600, 9999));
    assert!(!shown.contains("secret\"") && !shown.contains("token\""), "{shown}");
}
