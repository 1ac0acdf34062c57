//! A refusal's reason: which station says so, and what its operator does. docs/operations.md has the whole story.

/// The stations of a call, in the order of the request's path.
pub(super) const STATIONS: [&str; 6] =
    ["front door", "authenticate", "map role", "authorize", "exchange", "relay"];

/// Station and remedy.
pub(super) fn station(reason: &str) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        "origin_not_allowed" => ("front door", "add the origin to allowedOrigins"),
        "not_found" => ("front door", "use the path of resourceUrl"),
        "method_not_allowed" => ("front door", "send messages with POST"),
        "payload_too_large" => ("front door", "send less, or raise limits.maxRequestBytes"),
        "missing_token" => ("authenticate", "let the Authorization header pass through whatever is in front"),
        "invalid_token" => {
            ("authenticate", "compare the token's iss, aud, exp and alg with oidc in gateway.yaml")
        }
        "client_not_allowed" => {
            ("authenticate", "add the client to oidc.allowedClients, or sign in with another")
        }
        "insufficient_scope" => ("authenticate", "let the client ask for the scopes of oidc.requiredScopes"),
        "keys_unavailable" => {
            ("authenticate", "let the gateway reach oidc.issuer's discovery document and keys")
        }
        "no_role" => ("map role", "add a mapping for this user's claims, or a fallbackRoleArn"),
        "role_claim_invalid" => {
            ("map role", "let awsSts.roleClaim name a claim that is a text or a list of texts")
        }
        "policy_denied" => ("authorize", "permit the call in a policy, if it is meant to be allowed"),
        "invalid_request" => ("authorize", "report it: the doctor's messages should be readable"),
        "sts_denied" => (
            "exchange",
            "let the role's trust policy accept this user's token, with sts:TagSession where it carries tags",
        ),
        "sts_token_rejected" => {
            ("exchange", "sign in again; if it stays, compare the token's times with a right clock")
        }
        "sts_misconfigured" => (
            "exchange",
            "look up STS's code in the gateway's log: OIDC provider, its client ids, the role's session length",
        ),
        "sts_unavailable" => ("exchange", "let the gateway reach STS in awsSts.region; else wait"),
        "upstream_rejected_credentials" => {
            ("relay", "compare awsSts.region and awsSts.service with upstream.url")
        }
        "upstream_unavailable" => ("relay", "let the gateway reach upstream.url"),
        "upstream_timeout" => {
            ("relay", "raise upstream.responseTimeoutSeconds, or find out why the server is slow")
        }
        "deadline" => ("relay", "raise the function's timeout"),
        "internal" => ("front door", "report it, with the request id and the gateway's log"),
        _ => return None,
    })
}
