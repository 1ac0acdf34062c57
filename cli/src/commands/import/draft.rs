//! The configuration as far as the input tells it.

use rolecall_core::config::{Finding, load};

use super::yaml_text::Yaml;

/// What could stand in place of the variables, to check everything else.
const EXAMPLES: [(&str, &str); 5] = [
    ("ROLECALL_RESOURCE_URL", "https://mcp.example.com/mcp"),
    ("ROLECALL_ISSUER", "https://idp.example.com"),
    ("ROLECALL_AUDIENCE", "aws-mcp"),
    ("ROLECALL_REGION", "us-east-1"),
    ("ROLECALL_FALLBACK_ROLE_ARN", "arn:aws:iam::111122223333:role/DefaultMCPRole"),
];

/// A key of the input, and what became of it.
pub(super) struct Note {
    pub(super) at: String,
    pub(super) what: String,
}

/// What is carried over, and what is not.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) resource_url: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) jwks_url: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) sts: Sts,
    pub(super) upstream_url: Option<String>,
    pub(super) audit: Option<Audit>,
    /// In the input and not in the result, to somebody's surprise.
    pub(super) lost: Vec<Note>,
    /// Not in the input and needed.
    pub(super) missing: Vec<Note>,
    /// In the input and of no use here.
    pub(super) dropped: Vec<Note>,
}

/// `awsSts`.
#[derive(Default)]
pub(super) struct Sts {
    pub(super) region: Option<String>,
    pub(super) service: Option<String>,
    pub(super) role_claim: Option<String>,
    pub(super) session_name_claim: Option<String>,
    pub(super) session_duration: Option<i64>,
    pub(super) fallback: Option<String>,
    pub(super) mappings: Vec<Mapping>,
}

/// An element of `awsSts.roleMappings`.
pub(super) struct Mapping {
    /// `claim` or `matcher`.
    pub(super) key: &'static str,
    pub(super) condition: String,
    pub(super) role_arn: String,
    pub(super) priority: Option<i64>,
}

/// `audit`.
#[derive(Default)]
pub(super) struct Audit {
    pub(super) enabled: bool,
    pub(super) event_types: Vec<String>,
    pub(super) exclude_event_types: Vec<String>,
    pub(super) include_request_data: bool,
    pub(super) include_response_data: bool,
    /// Characters of each body, where it is said.
    pub(super) max_data_size: Option<u64>,
}

impl Draft {
    /// Notes what cannot be carried over.
    pub(super) fn lose(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.lost.push(Note { at: at.into(), what: what.into() });
    }

    /// The file. What is needed and not known becomes a variable, which is noted.
    pub(super) fn yaml(&mut self) -> String {
        let body = self.body();
        self.note_mistakes(&body);
        let mut yaml = Yaml::default();
        yaml.comment("Made by `rolecall import` from a ToolHive configuration.");
        for (title, notes) in [("Not carried over:", &self.lost), ("To be filled in:", &self.missing)] {
            if !notes.is_empty() {
                yaml.comment(title);
            }
            for Note { at, what } in notes {
                yaml.comment(&format!("  {at}: {what}"));
            }
        }
        yaml.text() + &body
    }

    /// What was carried over and yet keeps the gateway from starting.
    fn note_mistakes(&mut self, body: &str) {
        let example = |name: &str| {
            EXAMPLES.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let Err(findings) = load(body, "", &example, &|_| Ok(Vec::new())) else { return };
        for Finding { key, problem, remedy, .. } in findings.iter() {
            self.lose(key.as_str(), format!("{problem}; {remedy}"));
        }
    }

    fn body(&mut self) -> String {
        let mut yaml = Yaml::default();
        let resource_url = self.resource_url.clone();
        let what = "the public URL of this endpoint";
        self.needed(&mut yaml, 0, "resourceUrl", resource_url, "ROLECALL_RESOURCE_URL", what);
        self.oidc(&mut yaml);
        self.aws_sts(&mut yaml);
        if let Some(url) = &self.upstream_url {
            yaml.section("upstream");
            yaml.entry(1, "url", url);
        }
        if let Some(audit) = &self.audit {
            yaml.section("audit");
            yaml.entry(1, "enabled", &audit.enabled);
            yaml.list(1, "eventTypes", &audit.event_types);
            yaml.list(1, "excludeEventTypes", &audit.exclude_event_types);
            if audit.include_request_data {
                yaml.entry(1, "includeRequestData", &true);
            }
            if audit.include_response_data {
                yaml.entry(1, "includeResponseData", &true);
            }
            if let Some(size) = audit.max_data_size {
                yaml.entry(1, "maxDataSize", &size);
            }
        }
        yaml.text()
    }

    fn oidc(&mut self, yaml: &mut Yaml) {
        yaml.section("oidc");
        let (issuer, audience) = (self.issuer.clone(), self.audience.clone());
        let what = "the exact `iss` of the tokens";
        self.needed(yaml, 1, "issuer", issuer, "ROLECALL_ISSUER", what);
        self.needed(yaml, 1, "audience", audience, "ROLECALL_AUDIENCE", "the `aud` of the tokens");
        yaml.optional(1, "jwksUrl", self.jwks_url.as_ref());
        yaml.list(1, "scopesSupported", &self.scopes);
    }

    fn aws_sts(&mut self, yaml: &mut Yaml) {
        yaml.section("awsSts");
        let region = self.sts.region.clone();
        self.needed(yaml, 1, "region", region, "ROLECALL_REGION", "the region of the STS endpoint");
        yaml.optional(1, "service", self.sts.service.as_ref());
        yaml.optional(1, "roleClaim", self.sts.role_claim.as_ref());
        yaml.optional(1, "sessionNameClaim", self.sts.session_name_claim.as_ref());
        yaml.optional(1, "sessionDuration", self.sts.session_duration.as_ref());
        if self.sts.mappings.is_empty() {
            let fallback = self.sts.fallback.clone();
            let what = "the role of everybody, or write roleMappings";
            self.needed(yaml, 1, "fallbackRoleArn", fallback, "ROLECALL_FALLBACK_ROLE_ARN", what);
            return;
        }
        yaml.optional(1, "fallbackRoleArn", self.sts.fallback.as_ref());
        yaml.section_at(1, "roleMappings");
        for Mapping { key, condition, role_arn, priority } in &self.sts.mappings {
            yaml.item(2, key, condition);
            yaml.entry(3, "roleArn", role_arn);
            yaml.optional(3, "priority", priority.as_ref());
        }
    }

    fn needed(
        &mut self,
        yaml: &mut Yaml,
        depth: usize,
        key: &str,
        value: Option<String>,
        variable: &str,
        what: &str,
    ) {
        match value {
            Some(value) => yaml.entry(depth, key, &value),
            None => {
                yaml.reference(depth, key, variable);
                self.missing.push(Note {
                    at: key.to_owned(),
                    what: format!("{what}, instead of the variable {variable}"),
                });
            }
        }
    }
}
