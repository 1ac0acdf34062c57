"""The combinations of parameters that make a difference to template.yaml, and what each must come to."""

from dataclasses import dataclass, field

ISSUER = "https://idp.example.com/tenant"
BASE = {"Issuer": ISSUER, "TeamBucket": "team-data", "AllowedRegions": "us-west-2,us-east-1"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0c8b1f5e-1"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0c8b1f5e"
FUNCTION_URL = "https://abcdefghij.lambda-url.us-east-1.on.aws/mcp"
CLOUDFRONT_URL = "https://d111111abcdef8.cloudfront.net/mcp"
TAG_CLAIM = "https://aws.amazon.com/tags/principal_tags/Team"


@dataclass(frozen=True)
class Scenario:
    """`given` are parameters beside BASE. `url` is the endpoint; `learnt` tells whether the function reads it from
    Parameter Store."""

    name: str
    given: dict[str, str]
    url: str
    learnt: bool = False
    role_claim: str = "groups"
    has_fallback: bool = True
    #: The function's own variables that differ from the usual.
    variables: dict[str, str] = field(default_factory=dict)
    #: How many resources of a type there are, where that is the point.
    counts: dict[str, int] = field(default_factory=dict)
    #: Whether an identity provider is there before the stack.
    provider_exists: bool = False
    is_exchanged: bool = True

    @property
    def parameters(self) -> dict[str, str]:
        return BASE | self.given

    @property
    def stack(self) -> str:
        return f"rolecall-{'-'.join(self.name.lower().replace(',', '').split())}"


DOMAIN = {"DomainName": "mcp.example.com", "CertificateArn": CERTIFICATE}
DOMAIN_URL = "https://mcp.example.com/mcp"

SCENARIOS = [
    Scenario(
        "function URL",
        {},
        FUNCTION_URL,
        learnt=True,
        role_claim=TAG_CLAIM,
        counts={
            "AWS::Lambda::Url": 1,
            "AWS::Lambda::Permission": 2,
            "AWS::IAM::OIDCProvider": 1,
            "AWS::ApiGateway::RestApi": 0,
            "AWS::CloudFront::Distribution": 0,
            "AWS::CodeDeploy::DeploymentGroup": 0,
        },
    ),
    Scenario(
        "roles claim, provider reused",
        {"TrustBy": "roles-claim", "IdentityProviderMode": "reuse", "ResourceUrl": "https://aws.example.com/a/mcp"},
        "https://aws.example.com/a/mcp",
        counts={"AWS::IAM::OIDCProvider": 0, "AWS::SSM::Parameter": 0},
        provider_exists=True,
    ),
    Scenario(
        "subjects, no fallback",
        {
            "TrustBy": "subjects",
            "TrustList": "alice@example.com,dave@example.com",
            "DefaultRoleMode": "none",
            "ResourceUrl": DOMAIN_URL,
            "Audience": "https://mcp.example.com/mcp",
            "StsAudience": "client-1",
        },
        DOMAIN_URL,
        has_fallback=False,
        variables={"ROLECALL_AUDIENCE": "https://mcp.example.com/mcp", "ROLECALL_FALLBACK_ROLE_ARN": ""},
    ),
    Scenario(
        "emails, every option",
        {
            "TrustBy": "emails",
            "TrustList": "alice@example.com",
            "RoleClaim": "realm_access.roles",
            "ResourceUrl": DOMAIN_URL,
            "ConfigSource": "s3://configuration/rolecall/gateway.yaml",
            "ConfigKeyArn": KEY,
            "Canary": "Canary10Percent5Minutes",
            "AlarmTopicArn": TOPIC,
            "LogKeyArn": KEY,
            "ReservedConcurrency": "",
            "LogLevel": "debug",
        },
        DOMAIN_URL,
        role_claim="realm_access.roles",
        variables={
            "ROLECALL_CONFIG": "s3://configuration/rolecall/gateway.yaml",
            "RUST_LOG": "debug",
        },
        counts={"AWS::CodeDeploy::DeploymentGroup": 1},
    ),
    Scenario(
        "REST API",
        {"FrontDoor": "rest-api", **DOMAIN},
        DOMAIN_URL,
        role_claim=TAG_CLAIM,
        counts={"AWS::Lambda::Url": 0, "AWS::Lambda::Permission": 1, "AWS::ApiGateway::BasePathMapping": 1},
    ),
    Scenario(
        "CloudFront",
        {"FrontDoor": "cloudfront"},
        CLOUDFRONT_URL,
        learnt=True,
        role_claim=TAG_CLAIM,
        counts={"AWS::Lambda::Url": 1, "AWS::CloudFront::Distribution": 1},
    ),
    Scenario(
        "CloudFront, own domain",
        {"FrontDoor": "cloudfront", "McpRegion": "eu-west-1", **DOMAIN},
        DOMAIN_URL,
        role_claim=TAG_CLAIM,
        variables={"ROLECALL_REGION": "eu-west-1"},
        # The MCP server that stands in here expects signatures for another region.
        is_exchanged=False,
        counts={"AWS::CloudFront::Distribution": 1, "AWS::SSM::Parameter": 0},
    ),
    Scenario(
        "assumeRole",
        {"Exchange": "assumeRole", "MemberAccounts": "yes", "ResourceUrl": DOMAIN_URL},
        DOMAIN_URL,
        variables={"ROLECALL_EXCHANGE": "assumeRole"},
        counts={"AWS::IAM::OIDCProvider": 0},
    ),
]


def usual_variables(scenario: Scenario) -> dict[str, str]:
    """The function's environment, but for the ARNs of roles."""
    return {
        "ROLECALL_CONFIG": "/opt/gateway.yaml",
        "ROLECALL_RESOURCE_URL": f"ssm:/rolecall/{scenario.stack}/resource-url" if scenario.learnt else scenario.url,
        "ROLECALL_ISSUER": ISSUER,
        "ROLECALL_AUDIENCE": "aws-mcp",
        "ROLECALL_REGION": "us-east-1",
        "ROLECALL_EXCHANGE": "webIdentity",
        "ROLECALL_ROLE_CLAIM": scenario.role_claim,
        "ROLECALL_TEAM": "s3-readers",
        "ROLECALL_DEFAULT_REGION": "us-west-2",
        "RUST_LOG": "info",
    } | scenario.variables
