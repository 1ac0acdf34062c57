//! Every key of `gateway.yaml`, section by section: what may be written.

/// The keys of one mapping.
pub(super) struct Keys {
    /// Read by this version.
    pub(super) known: &'static [&'static str],
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
};

/// `upstream`.
pub(super) const UPSTREAM: Keys =
    Keys { known: &["url", "connectTimeoutSeconds", "responseTimeoutSeconds", "meta"] };

/// `authorization`.
pub(super) const AUTHORIZATION: Keys = Keys { known: &["policies", "schema", "groupsClaim", "denyStatus"] };

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
};

/// `telemetry`.
pub(super) const TELEMETRY: Keys = Keys { known: &["metrics", "metricsListen", "traceSampleRatio"] };

/// `limits`.
pub(super) const LIMITS: Keys = Keys { known: &["maxRequestBytes", "maxTokenBytes"] };

/// Top level of a file of policy tests.
pub(super) const POLICY_TESTS: Keys = Keys { known: &["groupsClaim", "groupsSeparator", "server", "tests"] };

/// An element of its `tests`.
pub(super) const POLICY_TEST: Keys = Keys {
    known: &[
        "name",
        "claims",
        "role",
        "sourceIp",
        "request",
        "annotations",
        "decision",
        "policies",
        "reason",
    ],
};

/// `request` of a policy test: a method with its parameters, or one of the short forms.
pub(super) const POLICY_TEST_REQUEST: Keys =
    Keys { known: &["method", "params", "tool", "prompt", "resource", "arguments"] };

/// Dotted path of every key that [`super::load`] knows; elements of a list are written `[]`, as in
/// `awsSts.roleMappings[].claim`.
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
        paths.extend(keys.known.iter().map(|key| format!("{prefix}{key}")));
    }
    paths
}
