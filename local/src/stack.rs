//! The whole back of Rolecall in one value: issuer, STS and MCP server, with the demo's people, roles and mapping.
//! The configuration it renders and the trust it sets up say the same, as they must in a real deployment.

use std::{fmt::Write as _, path::Path, time::Duration};

use serde_json::{Map, Value};

use crate::{
    Result,
    gateway::GatewayProcess,
    issuer::{DEFAULT_AUDIENCE, Issuer, IssuerOptions},
    mcp::{Mcp, McpOptions},
    sts::{Caller, Credentials, KeySource, Provider, Role, Sts, StsOptions},
    verifier::Verifier,
};

/// The role of `s3-readers`.
pub const S3_READ_ONLY_ROLE: &str = "arn:aws:iam::111122223333:role/S3ReadOnlyMCPRole";
/// The role of engineering's `admins`, in another account.
pub const ADMIN_ROLE: &str = "arn:aws:iam::444455556666:role/AdminMCPRole";
/// The role of everybody else.
pub const DEFAULT_ROLE: &str = "arn:aws:iam::111122223333:role/DefaultMCPRole";
/// The function's execution role, for `exchange: assumeRole`.
pub const EXECUTION_ROLE: &str = "arn:aws:iam::111122223333:role/RolecallExecutionRole";
/// The region that credentials and signatures are for.
pub const REGION: &str = "us-east-1";
/// The SigV4 service name.
pub const SERVICE: &str = "aws-mcp";

/// The environment variable that points AWS SDKs at another STS.
pub const STS_ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_STS";

/// The three servers. They stop when dropped.
#[derive(Debug)]
pub struct Stack {
    /// The OIDC issuer.
    pub issuer: Issuer,
    /// The STS endpoint.
    pub sts: Sts,
    /// The MCP server.
    pub mcp: Mcp,
}

impl Stack {
    /// Starts everything on free ports.
    ///
    /// # Errors
    /// When a port can't be bound or a key can't be generated.
    pub async fn start() -> Result<Self> {
        let issuer = Issuer::start(IssuerOptions::default()).await?;
        let sts = Sts::start(StsOptions {
            port: 0,
            region: REGION.into(),
            roles: roles(),
            providers: vec![provider(&issuer)],
            callers: vec![caller()],
        })
        .await?;
        let mcp = Mcp::start(McpOptions {
            verifier: Some(Verifier::new(sts.registry().clone(), REGION, SERVICE)),
            bucket_roles: vec!["S3ReadOnlyMCPRole".into(), "AdminMCPRole".into()],
            ..McpOptions::default()
        })
        .await?;
        Ok(Self { issuer, sts, mcp })
    }

    /// Starts a gateway in front of this stack.
    ///
    /// # Errors
    /// As [`GatewayProcess::start`].
    pub async fn start_gateway(&self, binary: &Path) -> Result<GatewayProcess> {
        let environment = [(STS_ENDPOINT_VARIABLE, self.sts.url())];
        let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
        GatewayProcess::start(binary, |port| self.gateway_yaml(port), &environment).await
    }

    /// New credentials of the execution role, as Lambda gives them to a function.
    ///
    /// # Errors
    /// When the random number generator fails.
    pub fn execution_role(&self) -> Result<Credentials> {
        let hour = Duration::from_secs(3600);
        self.sts.registry().issue(
            EXECUTION_ROLE,
            &Role::trusting_role(EXECUTION_ROLE, "").id(),
            "rolecall",
            hour,
        )
    }

    /// A verifier that knows this stack's credentials, for a further upstream.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.sts.registry().clone(), REGION, SERVICE)
    }

    /// A `gateway.yaml` for a gateway on this port that relays to this stack's MCP server.
    #[must_use]
    pub fn gateway_yaml(&self, gateway_port: u16) -> String {
        self.gateway_yaml_for(gateway_port, &self.mcp.url())
    }

    /// The same, relaying to another upstream.
    #[must_use]
    pub fn gateway_yaml_for(&self, gateway_port: u16, upstream_url: &str) -> String {
        let mut yaml = String::new();
        // Writing to a String can't fail.
        let _ = write!(
            yaml,
            r#"resourceUrl: http://127.0.0.1:{gateway_port}/mcp
resourceName: AWS through Rolecall (local)
oidc:
  issuer: {issuer}
  audience: {DEFAULT_AUDIENCE}
awsSts:
  region: {REGION}
  service: {SERVICE}
  roleClaim: groups
  sessionNameClaim: sub
  sessionDuration: 3600
  fallbackRoleArn: {DEFAULT_ROLE}
  roleMappings:
    - claim: s3-readers
      roleArn: {S3_READ_ONLY_ROLE}
      priority: 10
      sessionDuration: 900
    - matcher: '"admins" in claims["groups"] && claims["org"] == "engineering"'
      roleArn: {ADMIN_ROLE}
      priority: 1
upstream:
  url: {upstream_url}
  meta: {{AWS_REGION: us-west-2}}
"#,
            issuer = self.issuer.url(),
        );
        yaml
    }
}

/// The demo's roles. Their trust policies repeat what the mapping says, so that the mapping is not merely advisory.
fn roles() -> Vec<Role> {
    vec![
        Role::trusting(S3_READ_ONLY_ROLE, DEFAULT_AUDIENCE).when(|claims| in_group(claims, "s3-readers")),
        Role::trusting(ADMIN_ROLE, DEFAULT_AUDIENCE).when(|claims| in_group(claims, "admins")),
        Role::trusting(DEFAULT_ROLE, DEFAULT_AUDIENCE),
    ]
}

/// Stands for a session tag condition: ordinary claims such as `groups` are no IAM condition keys.
fn in_group(claims: &Map<String, Value>, group: &str) -> bool {
    claims.get("groups").and_then(Value::as_array).is_some_and(|groups| groups.iter().any(|one| one == group))
}

/// What the execution role's policy allows where the mapped roles trust it.
fn caller() -> Caller {
    Caller {
        role_arn: EXECUTION_ROLE.into(),
        may_assume: [S3_READ_ONLY_ROLE, ADMIN_ROLE, DEFAULT_ROLE].map(Into::into).into(),
        actions: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"].map(Into::into).into(),
    }
}

fn provider(issuer: &Issuer) -> Provider {
    Provider {
        issuer: issuer.url(),
        accounts: vec!["111122223333".into(), "444455556666".into()],
        client_ids: vec![DEFAULT_AUDIENCE.into()],
        keys: KeySource::Embedded(issuer.keys()),
    }
}
