//! Every key of `gateway.yaml`, section by section: what may be written, and what is refused with a reason.

/// The keys of one mapping.
pub(super) struct Keys {
    /// Read by this version.
    pub(super) known: &'static [&'static str],
    /// Part of the contract, not of this version; each with its reason. To ignore one would be to run without a
    /// restriction that the operator wrote down.
    pub(super) refused: &'static [(&'static str, &'static str)],
}

/// Top level.
pub(super) const ROOT: Keys = Keys {
    known: &[
        "resourceUrl",
        "resourceName",
        "resourceDocumentation",
        "allowedOrigins",
        "oidc",
        "awsSts",
        "upstream",
        "authorization",
        "audit",
        "telemetry",
        "limits",
    ],
    refused: &[],
};

/// `oidc`.
pub(super) const OIDC: Keys = Keys {
    known: &[
        "issuer",
        "audience",
        "jwksUrl",
        "algorithms",
        "requiredScopes",
        "scopesSupported",
        "allowedClients",
        "clockSkewSeconds",
    ],
    refused: &[],
};

/// `awsSts`.
pub(super) const AWS_STS: Keys = Keys {
    known: &[
        "region",
        "service",
        "exchange",
        "sessionTags",
        "roleClaim",
        "roleClaimSeparator",
        "sessionNameClaim",
        "sessionDuration",
        "fallbackRoleArn",
        "roleMappings",
    ],
    refused: &[],
};

/// An element of `awsSts.roleMappings`.
pub(super) const ROLE_MAPPING: Keys = Keys {
    known: &[
        "claim",
        "matcher",
        "roleArn",
        "priority",
        "sessionDuration",
        "policyArns",
        "sessionPolicy",
        "awsRegion",
    ],
    refused: &[],
};

/// `upstream`.
pub(super) const UPSTREAM: Keys =
    Keys { known: &["url", "connectTimeoutSeconds", "responseTimeoutSeconds", "meta"], refused: &[] };

/// `authorization`.
pub(super) const AUTHORIZATION: Keys =
    Keys { known: &["policies", "schema", "groupsClaim", "denyStatus"], refused: &[] };

/// `audit`.
pub(super) const AUDIT: Keys = Keys {
    known: &[
        "enabled",
        "eventTypes",
        "excludeEventTypes",
        "includeRequestData",
        "includeResponseData",
        "maxDataSize",
    ],
    refused: &[],
};

/// `telemetry`.
pub(super) const TELEMETRY: Keys =
    Keys { known: &["metrics", "metricsListen", "traceSampleRatio"], refused: &[] };

/// `limits`.
pub(super) const LIMITS: Keys = Keys { known: &["maxRequestBytes", "maxTokenBytes"], refused: &[] };

/// Top level of a file of policy tests.
pub(super) const POLICY_TESTS: Keys =
    Keys { known: &["groupsClaim", "groupsSeparator", "server", "tests"], refused: &[] };

/// An element of its `tests`.
pub(super) const POLICY_TEST: Keys = Keys {
    known: &["name", "claims", "role", "sourceIp", "request", "decision", "policies", "reason"],
    refused: &[],
};

/// `request` of a policy test: a method with its parameters, or one of the short forms.
pub(super) const POLICY_TEST_REQUEST: Keys =
    Keys { known: &["method", "params", "tool", "prompt", "resource", "arguments"], refused: &[] };

/// Dotted path of every key that [`super::load`] knows, those it refuses with a reason included; elements of a
/// list are written `[]`, as in `awsSts.roleMappings[].claim`.
#[must_use]
pub fn known_keys() -> Vec<String> {
    let sections = [
        ("", ROOT),
        ("oidc.", OIDC),
        ("awsSts.", AWS_STS),
        ("awsSts.roleMappings[].", ROLE_MAPPING),
        ("upstream.", UPSTREAM),
        ("authorization.", AUTHORIZATION),
        ("audit.", AUDIT),
        ("telemetry.", TELEMETRY),
        ("limits.", LIMITS),
    ];
    let mut paths = Vec::new();
    for (prefix, keys) in sections {
        let refused = keys.refused.iter().map(|(key, _)| *key);
        paths.extend(keys.known.iter().copied().chain(refused).map(|key| format!("{prefix}{key}")));
    }
    paths
}
