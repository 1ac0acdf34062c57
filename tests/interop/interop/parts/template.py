"""template.yaml: SAM's, cfn-lint's and checkov's judgement, stacks in moto for the parameters that make a difference, the
gateway's own exchange for those very roles, and what `sam build` and `cargo lambda deploy` make. iam/member-account.yaml is
judged and created likewise, and what `rolecall iam render` writes is linted."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from .. import artifact, member_account, sam
from ..cloud import Cloud, CreatedStack, cloud, create, gateway
from ..cloudformation import Resolved
from ..expected_stack import is_as_expected
from ..filter_pattern import matches
from ..paths import INTEROP
from ..processes import run
from ..proxy import Proxy, Request, Response
from ..rpc import JSON_HEADERS, call_tool, send, text_of
from ..scenarios import BASE, CERTIFICATE, DOMAIN, SCENARIOS, TOPIC, Scenario
from ..self_test import must_fail
from ..world import binary, get

#: Why a finding of checkov stands. One that is no longer made has to go from here.
SUPPRESSED = {
    ("CKV_AWS_107", "McpBoundary"): "a boundary grants nothing: its Allow is the upper limit, and its denies are the point",
    ("CKV_AWS_108", "McpBoundary"): "as above",
    ("CKV_AWS_109", "McpBoundary"): "as above",
    ("CKV_AWS_111", "McpBoundary"): "as above",
    ("CKV_AWS_258", "GatewayUrl"): "the gateway judges bearer tokens, whose header IAM authorization would need itself",
    ("CKV_AWS_115", "ChallengeFunction"): "Lambda@Edge has no reserved concurrency",
    ("CKV_AWS_116", "ChallengeFunction"): "invoked synchronously: there is no dead letter",
    ("CKV_AWS_116", "Gateway"): "invoked synchronously: there is no dead letter",
    ("CKV_AWS_117", "ChallengeFunction"): "Lambda@Edge has no VPC",
    ("CKV_AWS_117", "Gateway"): "a function URL cannot stream from a VPC; the gateway talks to public endpoints only",
    ("CKV_AWS_173", "Gateway"): "the environment holds no secret: ARNs, names and URLs",
    ("CKV_AWS_68", "Distribution"): "a web ACL needs rules of its own; the gateway bounds requests and checks tokens",
    ("CKV_AWS_76", "RestApiliveStage"): "audit lines name each request; access logs need a role for the whole account",
    ("CKV_AWS_86", "Distribution"): "audit lines name each request; access logs need a bucket of the account",
    ("CKV_AWS_120", "RestApiliveStage"): "nothing may be cached: every answer is one user's",
    ("CKV_AWS_174", "Distribution"): "without a domain of its own a distribution cannot choose its TLS version",
}
#: What checkov objects to.
CLEAR_TOPIC = "  Clear:\n    Type: AWS::SNS::Topic\n"
LINT_COMMAND = "sam validate --lint"
SAM_PARITY = "the function URL and its permissions are those SAM makes"
RULES = "combinations that are refused"
PARAMETERS = "parameters that are refused"
VARIABLES = "the function is given what gateway.yaml reads"
EDGE = "the edge function renames the challenge and nothing else"
FILTERS = "metric filters count the gateway's own audit lines"


def checks():
    print(f"template: {len(SUPPRESSED)} findings of checkov are suppressed, each with its reason in parts/template.py")
    print("template: not run, because nothing here plays their part: routing by API Gateway and CloudFront, CodeDeploy")
    yield from judged(sam.TEMPLATE)
    yield from member_account.judged(SUPPRESSED.keys())
    yield from member_account.rendered_is_judged()
    with cloud() as here:
        yield from member_account.created(here)
    with cloud() as here:
        for scenario in SCENARIOS:
            yield from stack_checks(here, sam.TEMPLATE, scenario)
    with cloud() as here:
        yield "sam build and sam package", lambda: artifact.built(here)
        # moto gives a reserved concurrency back as text, which cargo lambda takes for nonsense.
        stack = create(here, sam.TEMPLATE, replace(SCENARIOS[0], given={"ReservedConcurrency": ""}))
        yield "cargo lambda deploy", lambda: artifact.deployed_by_cargo_lambda(here, stack)


def judged(template: Path):
    """What needs no stack."""
    yield LINT_COMMAND, lambda: sam.validated(template)
    for scenario in SCENARIOS:
        yield linting(scenario), lambda scenario=scenario: is_lint_free(template, scenario)
    for scenario in (one for one in SCENARIOS if one.name in ("function URL", "REST API", "CloudFront")):
        yield checking(scenario), lambda scenario=scenario: is_checked(template, scenario)
    yield SAM_PARITY, lambda: is_as_sam_makes_it(template)
    yield RULES, lambda: refuses_combinations(template)
    yield PARAMETERS, lambda: refuses_values(template)
    yield VARIABLES, lambda: gives_variables(template)
    yield EDGE, lambda: renames_the_challenge(template)


def linting(scenario: Scenario) -> str:
    return f"cfn-lint on the transformed template: {scenario.name}"


def checking(scenario: Scenario) -> str:
    return f"checkov: {scenario.name}"


def creating(scenario: Scenario) -> str:
    return f"a stack in moto: {scenario.name}"


def exchanging(scenario: Scenario) -> str:
    return f"the gateway exchanges for its roles: {scenario.name}"


def transformed(template: Path, parameters: dict[str, str]) -> dict:
    return sam.transform(sam.placeholders(template), parameters)


def is_lint_free(template: Path, scenario: Scenario) -> None:
    found = sam.linted(transformed(template, scenario.parameters))
    assert not found, "\n".join(found)


def is_checked(template: Path, scenario: Scenario) -> None:
    judged = transformed(template, scenario.parameters)
    # checkov reads conditions with the defaults.
    for name, value in scenario.parameters.items():
        judged["Parameters"][name]["Default"] = value
    created = Resolved(judged, scenario.parameters).created
    expected = {finding for finding in SUPPRESSED if finding[1] in created}
    found = sam.checked(judged)
    assert found == expected, f"new: {found - expected}; suppressed and no longer found: {expected - found}"


BY_SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters: {}
Resources:
  Gateway:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://deployment/code
      Handler: bootstrap
      Runtime: provided.al2023
      AutoPublishAlias: live
      FunctionUrlConfig: {AuthType: NONE, InvokeMode: RESPONSE_STREAM}
      Events:
        Any: {Type: Api, Properties: {Path: "/{proxy+}", Method: any, ResponseTransferMode: RESPONSE_STREAM}}
"""
PROXY = ("paths", "/{proxy+}", "x-amazon-apigateway-any-method", "x-amazon-apigateway-integration")


def is_as_sam_makes_it(template: Path) -> None:
    """The template writes these out, because SAM makes them for every front door or for none."""
    by_sam = Resolved(sam.transform(BY_SAM, {}), {})
    ours = Resolved(transformed(template, BASE), BASE)
    for kind in ("AWS::Lambda::Url", "AWS::Lambda::Permission"):
        expected = [one for one in by_sam.of_type(kind).values() if one.get("Principal") != "apigateway.amazonaws.com"]
        found = list(ours.of_type(kind).values())
        assert sorted(map(json.dumps, map(ordered, expected))) == sorted(map(json.dumps, map(ordered, found))), found
    rest = BASE | {"FrontDoor": "rest-api"} | DOMAIN
    integrations = [
        at(next(iter(one.of_type("AWS::ApiGateway::RestApi").values()))["Body"], PROXY)
        for one in (by_sam, Resolved(transformed(template, rest), rest))
    ]
    for key in ("uri", "type", "httpMethod", "responseTransferMode"):
        assert integrations[0][key] == integrations[1][key], integrations


def ordered(properties: dict) -> dict:
    return dict(sorted(properties.items()))


def at(document: dict, path: tuple[str, ...]):
    for key in path:
        document = document[key]
    return document


def refuses_combinations(template: Path) -> None:
    cloudfront = {"FrontDoor": "cloudfront"}
    table = [
        ({}, set()),
        (DOMAIN, {"FunctionUrlHasNoDomain"}),
        ({"FrontDoor": "rest-api"}, {"RestApiNeedsDomain"}),
        ({"FrontDoor": "rest-api"} | DOMAIN, set()),
        ({"FrontDoor": "rest-api", "DomainName": "mcp.example.com"}, {"DomainNeedsCertificate"}),
        (cloudfront, set()),
        (cloudfront | DOMAIN, set()),
        (cloudfront | {"CertificateArn": CERTIFICATE}, {"CertificateNeedsDomain"}),
        (cloudfront | {"AWS::Region": "eu-west-1"}, {"CloudFrontInUsEast1"}),
        ({"AWS::Region": "eu-west-1"}, set()),
    ]
    judged = transformed(template, BASE)
    for given, violated in table:
        found = Resolved(judged, BASE | given).violated_rules()
        assert found == violated, (given, found)


def refuses_values(template: Path) -> None:
    table = {
        "Issuer": ["http://idp.example.com", "https://idp.example.com:8443", "https://idp.example.com?a=b"],
        "Audience": ["two words", "a,b"],
        "ResourceUrl": ["https://mcp.example.com", "http://mcp.example.com/mcp", "https://mcp.example.com/mcp?a=b"],
        "DomainName": ["MCP.example.com", "https://mcp.example.com", "localhost"],
        "CertificateArn": ["arn:aws:iam::123456789012:server-certificate/a", "mcp.example.com"],
        "ConfigSource": ["gateway.yaml", "ssm:name", "s3://bucket", "https://example.com/gateway.yaml"],
        "Timeout": ["0", "29", "901"],
        "MemorySize": ["64", "20000"],
        "ReservedConcurrency": ["0", "-1", "many"],
        "Canary": ["AllAtOnce", ""],
        "LogRetentionDays": ["0", "31"],
        "LogKeyArn": ["alias/logs"],
        "AlarmTopicArn": ["alarms", TOPIC.replace("sns", "sqs")],
        "DeniedThreshold": ["0"],
        "FrontDoor": ["http-api"],
        "McpRegion": ["us-east-2"],
        "LogLevel": ["trace"],
        "AllowedRegions": ["us-east-1,everywhere"],
    }
    judged = transformed(template, BASE)
    for scenario in SCENARIOS:
        refused = Resolved(judged, scenario.parameters).refused_parameters()
        assert not refused, (scenario.name, refused)
    for name, values in table.items():
        for value in values:
            assert Resolved(judged, BASE | {name: value}).refused_parameters() == {name}, (name, value)


def gives_variables(template: Path) -> None:
    """No variable that must be set is missing, and none is set for nothing."""
    function = Resolved(transformed(template, BASE), BASE).of_type("AWS::Lambda::Function")["Gateway"]
    given = function["Environment"]["Variables"].keys()
    uses = re.findall(r"\$\{(ROLECALL_\w+)(:-)?", (template.parent / "gateway.yaml").read_text())
    assert {name for name, default in uses if not default} <= given, given
    assert given - {name for name, _ in uses} == {"ROLECALL_CONFIG", "RUST_LOG"}, given


def renames_the_challenge(template: Path) -> None:
    given = BASE | {"FrontDoor": "cloudfront"}
    resolved = Resolved(transformed(template, given), given)
    code = resolved.of_type("AWS::Lambda::Function")["ChallengeFunction"]["Code"]["ZipFile"]
    (distribution,) = resolved.of_type("AWS::CloudFront::Distribution").values()
    (association,) = distribution["DistributionConfig"]["DefaultCacheBehavior"]["LambdaFunctionAssociations"]
    assert association["EventType"] == "origin-response", "viewer-response is not asked about a 401"
    challenge, other = 'Bearer resource_metadata="https://mcp.example.com/…"', {"key": "X-Request-Id", "value": "1"}
    renamed = {"key": "x-amzn-Remapped-WWW-Authenticate", "value": challenge}
    table = [
        ({"status": "401", "headers": {"x-amzn-remapped-www-authenticate": [renamed], "x-request-id": [other]}},
         {"www-authenticate": [{"key": "WWW-Authenticate", "value": challenge}], "x-request-id": [other]}),
        ({"status": "403", "headers": {"x-request-id": [other]}}, {"x-request-id": [other]}),
        ({"status": "200", "headers": {}}, {}),
    ]
    ran = run(["node", INTEROP / "servers" / "edge_function.mjs", code, json.dumps([response for response, _ in table])])
    assert not ran.returncode, ran.stderr
    for (response, headers), answer in zip(table, json.loads(ran.stdout), strict=True):
        assert (answer["status"], answer["headers"]) == (response["status"], headers), answer


def stack_checks(here: Cloud, template: Path, scenario: Scenario):
    made: list[CreatedStack] = []

    def creates() -> None:
        made.append(create(here, template, scenario))
        is_as_expected(made[0])

    yield creating(scenario), creates
    if scenario.is_exchanged:
        yield exchanging(scenario), lambda: exchanges(here, made[0])
    if scenario is SCENARIOS[0]:
        yield FILTERS, lambda: counts_audit_lines(here, made[0])


def exchanges(here: Cloud, stack: CreatedStack) -> None:
    """Somebody of the team gets the team's role, somebody else the fallback, or nothing."""
    arns, audience = stack.seen["arns"], stack.seen["environment"]["ROLECALL_AUDIENCE"]
    here.sts.exchanges.clear()
    with gateway(here, stack) as running:
        status, _, body = get(f"{running.origin}/.well-known/oauth-protected-resource")
        assert (status, json.loads(body)["resource"]) == (200, stack.scenario.url), body
        url = running.origin + urlsplit(stack.scenario.url).path
        assert session_role(call_tool(url, here.token("alice", audience), "whoami")) == name_of(arns["TeamRole"])
        other = call_tool(url, here.token("carol", audience), "whoami")
        if stack.scenario.has_fallback:
            assert session_role(other) == name_of(arns["DefaultRole"])
        else:
            assert (other.status, other.json()["error"]) == (403, "no_role"), other
    asked = [dict(parse_qsl(request.body.decode())) for request, _ in here.sts.exchanges]
    expected = [arns["TeamRole"]] + ([arns["DefaultRole"]] if stack.scenario.has_fallback else [])
    assert [one["RoleArn"] for one in asked] == expected, asked
    action = "AssumeRole" if stack.scenario.given.get("Exchange") == "assumeRole" else "AssumeRoleWithWebIdentity"
    assert {one["Action"] for one in asked} == {action}, asked


def name_of(arn: str) -> str:
    return arn.rsplit("/", 1)[1]


def session_role(reply) -> str:
    """The role's name in the ARN of the session whose credentials signed the call."""
    return text_of(reply).split("/")[1]


def counts_audit_lines(here: Cloud, stack: CreatedStack) -> None:
    """The filters as CloudWatch Logs has them, on what the gateway writes for known requests."""
    token = here.token("alice", "aws-mcp")
    tampering = {"status": 200}

    def tamper(_: Request, response: Response) -> Response:
        if tampering["status"] == 200:
            return response
        code = {403: "AccessDenied", 503: "ServiceUnavailable"}[tampering["status"]]
        body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        return Response(tampering["status"], [("content-type", "text/xml")], body.encode())

    with Proxy(here.sts.port, change_response=tamper) as sts, gateway(here, stack, sts.origin) as running:
        url, ping = running.url, b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
        expected = Counter()
        for status, bearer, refused, counted in (
            (403, token, 403, {"Denied": 1}),
            (503, token, 503, {"StsFailures": 1}),
            (200, token, 200, {}),
            (200, "nonsense", 401, {"Denied": 1}),
            (200, "", 401, {}),
        ):
            tampering["status"] = status
            reply = send("POST", url, bearer, ping, JSON_HEADERS)
            assert reply.status == refused, (status, reply.status, reply.body)
            expected.update(counted)
        lines = running.audit()
    found = Counter(name for line in lines for name, pattern in stack.seen["filters"].items() if matches(pattern, line))
    assert found == expected, (found, lines)


def sabotages():
    usual = SCENARIOS[0]
    made = [
        ("an executable for another machine", lambda: artifact.is_arm64(binary("rolecall-gateway").read_bytes())),
        ("a zip without its configuration", lambda: artifact.carries_configuration({"bootstrap": b""}, {"bootstrap"})),
    ]
    for name, check in made:
        yield f"notices: {name}", lambda name=name, check=check: must_fail([(name, check)], name)
    table = [
        ("a template that does not parse", ("(?m)^Resources:", "Resources"), LINT_COMMAND),
        ("a property that does not exist", ("InvokeMode: RESPONSE", "Mode: RESPONSE"), linting(usual)),
        ("a resource in the clear", ("(?m)^Resources:\n", f"Resources:\n{CLEAR_TOPIC}"), checking(usual)),
        ("another AuthType", ("AuthType: NONE\n      InvokeMode", "AuthType: AWS_IAM\n      InvokeMode"), SAM_PARITY),
        ("one permission too few", (r"(?s)  GatewayUrlInvokePermission:.*?\n\n", ""), SAM_PARITY),
        ("a REST API that does not stream", ("responseTransferMode: STREAM", "responseTransferMode: BUFFERED"), SAM_PARITY),
        ("no rule about the region", (r"(?s)  CloudFrontInUsEast1:.*?\n\n", "\n"), RULES),
        ("a variable that nobody reads", ("ROLECALL_TEAM: ", "ROLECALL_GROUP: "), VARIABLES),
        ("a time limit that Lambda refuses", ("MaxValue: 900", "MaxValue: 3600"), PARAMETERS),
        ("a challenge on every answer", (r"if \(challenges\)", "if (true)"), EDGE),
    ]
    for name, change, victim in table:

        def noticed(change=change, victim=victim) -> None:
            with sam.changed(change) as template:
                must_fail(judged(template), victim)

        yield f"notices: {name}", noticed
    created = [
        ("logs that are kept for ever", ("      RetentionInDays: .*\n", ""), creating(usual)),
        ("a role without a boundary", ("      PermissionsBoundary: .*\n", ""), creating(usual)),
        ("a variable that is missing", ("          ROLECALL_TEAM: .*\n", ""), creating(usual)),
        ("an alarm without data", ("TreatMissingData: notBreaching", "TreatMissingData: breaching"), creating(usual)),
        ("a dashboard that is not JSON", (r'"widgets": \[', '"widgets": '), creating(usual)),
        ("a layer without its configuration", ("ContentUri: layer", "ContentUri: policies"), exchanging(usual)),
        ("a filter for lines that nobody writes", (r'\$\.type = "sts_exchange"', '$.type = "sts_call"'), FILTERS),
    ]
    for name, change, victim in created:

        def lost(change=change, victim=victim) -> None:
            with cloud() as here, sam.changed(change) as template:
                steps = dict(stack_checks(here, template, usual))
                if victim != creating(usual):
                    steps[creating(usual)]()
                must_fail(steps.items(), victim)

        yield f"notices: {name}", lost
    yield "notices: a policy that arrives wider than it was written", arrives_wider
    yield from member_account_sabotages()


def member_account_sabotages():
    by_tag = member_account.SCENARIOS[0]
    table = [
        ("a type that does not exist", ("AWS::IAM::Role", "AWS::IAM::Rôle"), member_account.LINT),
        ("a boundary that denies nothing", ("Effect: Deny", "Effect: Allow"), member_account.checking(by_tag)),
        ("a role in another path", ("Path: /rolecall/\n      Max", "Path: /\n      Max"), member_account.creating(by_tag)),
        ("a role without a guardrail", (r"ManagedPolicyArns: .*", "Tags: []"), member_account.creating(by_tag)),
    ]
    for name, change, victim in table:

        def noticed(change=change, victim=victim) -> None:
            with sam.changed(change, source=member_account.TEMPLATE) as template:
                if victim != member_account.creating(by_tag):
                    must_fail(member_account.judged(SUPPRESSED.keys(), template), victim)
                    return
                with cloud() as here:
                    must_fail(member_account.created(here, template), victim)

        yield f"notices: member account: {name}", noticed


def arrives_wider() -> None:
    usual = SCENARIOS[0]
    with cloud() as here:
        stack = create(here, sam.TEMPLATE, usual)
        stack.seen["inline"]["TeamRole"]["ReadTeamBucket"]["Statement"][0]["Action"] = "s3:*"
        must_fail([(creating(usual), lambda: is_as_expected(stack))], creating(usual))
