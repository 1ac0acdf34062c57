//! Configurations of every kind: role claims, separators, priorities, expressions, session policies, a fallback or none,
//! policies or none.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

/// The roles that STS knows.
pub const ROLES: [&str; 4] = [
    "arn:aws:iam::111122223333:role/ReadersMCPRole",
    "arn:aws:iam::111122223333:role/team/WritersMCPRole",
    "arn:aws:iam::444455556666:role/AdminsMCPRole",
    "arn:aws:iam::111122223333:role/EverybodyMCPRole",
];

/// Role claims, by where they are looked up and how they are split.
pub const ROLE_CLAIMS: [&str; 6] = [
    "groups",
    "realm_access.roles",
    "https://aws.amazon.com/tags/principal_tags/Team",
    "scope",
    "https://example.com/roles",
    "a.b.c",
];

/// Elements that mappings look for and claims may have.
pub const VALUES: [&str; 8] =
    ["readers", "writers", "admins", "data-analysts", "break-glass", "observers", "Lesér-読者", "a b"];

const EXPRESSIONS: [&str; 9] = [
    r#""admins" in claims["groups"] && claims["org"] == "engineering""#,
    r#"claims["org"] == "engineering""#,
    r#"has(claims.org) && claims.org == "sales""#,
    r#"claims["groups"].exists(group, group.startsWith("read"))"#,
    r#"claims["level"] > 3"#,
    r#"10 / claims["level"] == 2"#,
    r#"claims["email"].endsWith("@example.com")"#,
    r#"claims["email"].matches("^[a-z]+@example[.]com$")"#,
    r#"claims["missing"] == true"#,
];

/// The configuration of this number, without what depends on the stand-ins.
pub fn configuration(number: usize) -> impl Strategy<Value = Value> {
    let sts = (
        Just(ROLE_CLAIMS[number % ROLE_CLAIMS.len()]),
        option::of(select(vec![",", ";", " "])),
        select(vec!["sub", "email", "profile.name", "level"]),
        option::of(select(ROLES.to_vec())),
        vec(mapping(), 1..7),
    );
    let meta = option::of(Just(json!({"AWS_REGION": "us-west-2"})));
    (sts, meta).prop_map(move |((claim, separator, name, fallback, mappings), meta)| {
        let mut sts = json!({
            "region": "us-east-1", "roleClaim": claim, "sessionNameClaim": name, "roleMappings": mappings,
        });
        if let Some(separator) = separator {
            sts["roleClaimSeparator"] = json!(separator);
        }
        if let Some(fallback) = fallback {
            sts["fallbackRoleArn"] = json!(fallback);
        }
        let mut configuration = json!({"awsSts": sts});
        if let Some(meta) = meta {
            configuration["upstream"] = json!({"meta": meta});
        }
        if number % 2 == 1 {
            configuration["authorization"] = json!({"groupsClaim": claim});
        }
        configuration
    })
}

fn mapping() -> impl Strategy<Value = Value> {
    let condition = prop_oneof![
        2 => select(VALUES.to_vec()).prop_map(|value| json!({"claim": value})),
        1 => select(EXPRESSIONS.to_vec()).prop_map(|expression| json!({"matcher": expression})),
    ];
    let session = (
        option::of(900..=3600_u32),
        option::weighted(0.3, Just(json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"]))),
        option::weighted(
            0.2,
            Just(
                json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}),
            ),
        ),
        option::of(Just("eu-central-1")),
    );
    (condition, select(ROLES.to_vec()), option::of(-1..4_i64), session).prop_map(
        |(mut mapping, role, priority, (duration, arns, policy, region))| {
            mapping["roleArn"] = json!(role);
            let optional = [
                ("priority", json!(priority)),
                ("sessionDuration", json!(duration)),
                ("policyArns", json!(arns)),
                ("sessionPolicy", json!(policy)),
                ("awsRegion", json!(region)),
            ];
            for (key, value) in optional.into_iter().filter(|(_, value)| !value.is_null()) {
                mapping[key] = value;
            }
            mapping
        },
    )
}
