//! Why a key of ToolHive is not carried over.

/// What a key that was not taken means.
pub(super) enum Reason {
    /// Something would change for users, clients or auditors; and what to do.
    Lost(&'static str),
    /// It tells how ToolHive itself runs.
    Runtime,
}

/// Keys of the resources and of the RunConfig that concern ToolHive's own process and nothing else.
const RUNTIME: &[&str] = &[
    "baseimage",
    "basename",
    "containerlabels",
    "containername",
    "debug",
    "endpointprefix",
    "group",
    "groupref",
    "host",
    "image",
    "isolatenetwork",
    "k8spodtemplatepatch",
    "mcpservergeneration",
    "name",
    "permissionprofile",
    "permissionprofilenameorpath",
    "port",
    "proxymode",
    "proxyport",
    "publish",
    "registryapiurl",
    "registryservername",
    "registryurl",
    "replicas",
    "resourceoverrides",
    "resources",
    "runtimeconfig",
    "scalingconfig",
    "schemaversion",
    "serviceaccount",
    "sessionaffinity",
    "sessionstorage",
    "sessionttl",
    "stateless",
    "targethost",
    "targetport",
    "trustproxyheaders",
    "volumes",
];

/// The reason for a key in lower case without underscores; a key that is not known counts as lost.
pub(super) fn reason(key: &str) -> Reason {
    if RUNTIME.contains(&key) {
        return Reason::Runtime;
    }
    Reason::Lost(match key {
        "authzconfig" | "authzconfigref" | "authzconfigpath" => {
            "policies use other names here (Action::\"tools/call\", User, Group, Tool): write them anew, see docs/policies.md"
        }
        "headerforward" => "no header is added to requests here",
        "toolconfigref" | "toolsfilter" | "toolsoverride" => {
            "tools are not renamed here; which may be called is for policies to say, see docs/policies.md"
        }
        "telemetryconfigref" | "telemetryconfig" | "telemetry" | "opentelemetry" => {
            "set telemetry up anew, see docs/telemetry.md"
        }
        "authserverref" | "embeddedauthserver" | "embeddedauthserverconfig" | "upstreamswapconfig" => {
            "there is no authorization server here: clients sign in with the identity provider itself, so write its \
             issuer and audience"
        }
        "tokenprovidername" | "subjectprovidername" | "tokenexchangeconfig" | "tokenexchange" => {
            "the user's own token is exchanged here, never another one"
        }
        "remoteauthconfig" => "calls to the upstream are signed here, and nothing else",
        "introspectionurl" => "opaque tokens are refused here: STS takes none",
        "clientid" | "clientsecret" | "clientsecretref" => {
            "the gateway is no OAuth client; clients have their own ids"
        }
        "cabundleref" | "thvcabundlepath" | "thvcabundle" | "cacertpath" => {
            "the issuer's certificate must be one of a public authority"
        }
        "jwksauthtokenpath" | "jwksauthtokenfile" | "authtokenfile" | "useclusterauth" => {
            "the issuer's keys must be public: STS fetches them too"
        }
        "jwksallowprivateip" | "protectedresourceallowprivateip" | "allowprivateip" | "insecureallowhttp" => {
            "the issuer must be a public https address, or awsSts.exchange be assumeRole"
        }
        "kubernetes" | "kubernetesserviceaccount" => {
            "tokens of a cluster's service accounts name no people; write your identity provider's issuer and audience"
        }
        "configmap" => "the content of the ConfigMap is not here; write oidc by hand",
        "ratelimitconfig" | "ratelimiting" => "there is no rate limit here; the AWS MCP Server has its own",
        "validatingwebhooks" | "mutatingwebhooks" => "there are no webhooks here; policies may do instead",
        "middlewareconfigs" => "write by hand what only the middleware's own settings say",
        "auditconfigpath" => "the content of the file is not here; write audit by hand",
        "component" | "logfile" => "audit lines go to standard output, under the server's name",
        "envvars" | "secrets" | "cmdargs" => "there is no server process here to pass it to",
        _ => "has no counterpart here",
    })
}
