//! Addresses that do not fit one another.

use url::Url;

use super::Review;

/// The host names of the AWS MCP Server are `aws-mcp.<region>.api.aws`.
const SERVICE: &str = "aws-mcp";
const SUFFIX: &str = ".api.aws";

pub(super) fn review(review: &mut Review<'_>) {
    upstream(review);
    documentation(review);
    origins(review);
}

fn upstream(review: &mut Review<'_>) {
    let (upstream, sts) = (&review.config.upstream, &review.config.aws_sts);
    let region = upstream
        .url
        .host_str()
        .and_then(|host| host.strip_prefix(SERVICE)?.strip_prefix('.')?.strip_suffix(SUFFIX));
    let Some(region) = region else { return };
    if region != sts.region {
        review.warn(
            "upstream-region-differs",
            "upstream.url",
            format!(
                "is in {region}, and calls to it are signed for {}, which the server refuses",
                sts.region
            ),
            "write the same region in both, or remove upstream.url",
        );
    }
    if sts.service != SERVICE {
        review.warn(
            "service-differs",
            "awsSts.service",
            format!("is {}, and the AWS MCP Server wants signatures for {SERVICE}", sts.service),
            "remove the key",
        );
    }
}

fn documentation(review: &mut Review<'_>) {
    let resource = &review.config.resource;
    let Some(documentation) = &resource.documentation else { return };
    if is_elsewhere(documentation, &resource.origin) {
        review.warn(
            "documentation-elsewhere",
            "resourceDocumentation",
            "is on another domain than resourceUrl (judged by the last two labels of the names); clients show it to \
             people who sign in",
            "make sure that the page is yours",
        );
    }
}

fn origins(review: &mut Review<'_>) {
    let config = review.config;
    for (index, origin) in config.allowed_origins.iter().enumerate() {
        let key = format!("allowedOrigins[{index}]");
        if Url::parse(origin).is_ok_and(|url| url.scheme() == "http" && !is_local(&url)) {
            review.warn(
                "origin-not-https",
                &key,
                "is not https: whoever is on the way can change its pages, and those may call with a user's token",
                "write the https origin",
            );
        } else if is_elsewhere(origin, &config.resource.origin) {
            review.warn(
                "origin-elsewhere",
                &key,
                "is on another domain than resourceUrl (judged by the last two labels of the names), and its pages may \
                 call with a user's token",
                "keep it if the site is yours or your client's",
            );
        }
    }
}

/// Whether two web addresses have nothing but a top-level domain in common. Names alone do not tell who owns them.
fn is_elsewhere(one: &str, other: &str) -> bool {
    let domain = |text: &str| {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        if is_local(&url) {
            return None;
        }
        let labels: Vec<&str> = url.host_str()?.rsplit('.').take(2).collect();
        Some(labels.join("."))
    };
    match (domain(one), domain(other)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
