//! One module for each section of the file.
//!
//! Every section is read whatever the others hold, so that one run reports the mistakes of all.

mod audit;
mod authorization;
mod aws_sts;
mod exchange;
mod limits;
mod oidc;
mod resource;
mod role_mapping;
mod session_policy;
mod telemetry;
mod upstream;

use super::{field::Field, files::PolicyFiles, keys, types::Config, urls};

/// The configuration below `root`; `None` only once the reason is reported.
pub(super) fn read(root: &Field<'_>, files: PolicyFiles<'_>) -> Option<Config> {
    let root = root.section(&keys::ROOT);
    let resource = resource::read(&root);
    let allowed_origins = root.list("allowedOrigins", urls::origin);
    let sts = root.child("awsSts", &keys::AWS_STS);
    let exchange = exchange::read(&sts);
    let oidc = oidc::read(&root.child("oidc", &keys::OIDC), &exchange);
    let region = aws_sts::region(&sts);
    let aws_sts = aws_sts::read(&sts, region.as_deref(), exchange);
    let upstream = upstream::read(&root.child("upstream", &keys::UPSTREAM), region.as_deref());
    let authorization = authorization::read(&root, aws_sts.as_ref(), files);
    let audit = audit::read(&root.child("audit", &keys::AUDIT));
    let telemetry = telemetry::read(&root.child("telemetry", &keys::TELEMETRY));
    let limits = limits::read(&root.child("limits", &keys::LIMITS));
    Some(Config {
        resource: resource?,
        allowed_origins,
        oidc: oidc?,
        aws_sts: aws_sts?,
        upstream: upstream?,
        authorization: authorization?,
        audit,
        telemetry,
        limits,
    })
}
