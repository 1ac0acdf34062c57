"""What `rolecall iam render` writes, in each of its formats, as roles that the evaluators can judge."""

import json
from functools import cache

from ..paths import INTEROP, ROOT
from ..processes import run
from ..stack import Stack
from ..world import binary
from . import sts
from .documents import Role, document, role
from .table import EVERYTHING, MEMBER, Case, Table, Templates, caller_of

MAP = INTEROP / "cases" / "iam" / "role_map.yaml"
ACCOUNT = "111122223333"
ISSUER = "https://dev-1.okta.com/oauth2/default"
GATEWAY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/rolecall-gateway/rolecall-ExecutionRole"
FORMATS = ("cloudformation", "json", "terraform-json")
BY_TOKEN: tuple[str, ...] = ()
BY_FUNCTION = ("--env", "EXCHANGE=assumeRole", "--gateway-role", GATEWAY_ROLE)
LIMITS = ("McpGuardrail", "McpBoundary")


@cache
def rendered(form: str, options: tuple[str, ...] = BY_TOKEN) -> str:
    command = [binary("rolecall-cli", name="rolecall"), "iam", "render", "--config", MAP, "--format", form, *options]
    done = run(command, cwd=ROOT)
    assert not done.returncode, done.stderr
    return done.stdout


def roles(form: str, text: str) -> dict[str, Role]:
    """Name → the role with every policy that has a say."""
    return {"cloudformation": _of_template, "json": _of_account, "terraform-json": _of_terraform}[form](text)


def limits(form: str, text: str) -> dict[str, dict]:
    """Guardrail and boundary by their names."""
    written = json.loads(text)
    if form == "cloudformation":
        return {name: written["Resources"][name]["Properties"]["PolicyDocument"] for name in LIMITS}
    if form == "json":
        return {one["PolicyName"]: _default_version(one) for one in written["Policies"]}
    policies = written["resource"]["aws_iam_policy"].values()
    return {one["name"]: _embedded(one["policy"]) for one in policies}


def _of_template(text: str) -> dict[str, Role]:
    stack = Stack(text, account=ACCOUNT)
    return {name: role(stack, name) for name in stack.resources("AWS::IAM::Role")}


def _of_account(text: str) -> dict[str, Role]:
    written = json.loads(text)
    managed = {one["Arn"]: _default_version(one) for one in written["Policies"]}
    return {
        one["RoleName"]: Role(
            arn=one["Arn"],
            account=ACCOUNT,
            trust=one["AssumeRolePolicyDocument"],
            identity=[managed[policy["PolicyArn"]] for policy in one["AttachedManagedPolicies"]],
            boundary=managed[one["PermissionsBoundary"]["PermissionsBoundaryArn"]],
        )
        for one in written["RoleDetailList"]
    }


def _of_terraform(text: str) -> dict[str, Role]:
    resources = json.loads(text)["resource"]
    managed = {f"${{aws_iam_policy.{id}.arn}}": _embedded(one["policy"]) for id, one in resources["aws_iam_policy"].items()}
    attached = resources["aws_iam_role_policy_attachment"].values()
    return {
        one["name"]: Role(
            arn=f"arn:aws:iam::{ACCOUNT}:role{one['path']}{one['name']}",
            account=ACCOUNT,
            trust=_embedded(one["assume_role_policy"]),
            identity=[managed[it["policy_arn"]] for it in attached if it["role"] == f"${{aws_iam_role.{id}.name}}"],
            boundary=managed[one["permissions_boundary"]],
        )
        for id, one in resources["aws_iam_role"].items()
    }


def _default_version(policy: dict) -> dict:
    (version,) = (one for one in policy["PolicyVersionList"] if one["IsDefaultVersion"])
    return document(version["Document"])


def _embedded(text: str) -> dict:
    return json.loads(text.replace("$${", "${").replace("%%{", "%{"))


def same_limits(templates: Templates) -> None:
    """Word for word those of the template, but for the regions, which were given."""
    regions = "us-east-1,eu-central-1"
    parameters = {"Issuer": ISSUER, "TeamBucket": "team-bucket", "AllowedRegions": regions}
    stack = templates.stack(MEMBER, parameters)
    shipped = {name: stack.property(name, "PolicyDocument") for name in LIMITS}
    for form in FORMATS:
        found = limits(form, rendered(form, ("--regions", regions)))
        assert found == shipped, (form, found)


#: Claims beside issuer and subject → which roles they give.
TOKENS = {
    "the team's token": ({"aud": "aws-mcp", f"{sts.FLAT_TAG}Team": "s3-readers"}, {"TeamRole", "DefaultRole"}),
    "one team of several": (
        {"aud": "aws-mcp", sts.TAGS: {"principal_tags": {"Team": ["developers:s3-readers"]}}},
        {"TeamRole", "DefaultRole"},
    ),
    "another team's token": ({"aud": "aws-mcp", f"{sts.FLAT_TAG}Team": "s3-readers-2"}, {"DefaultRole"}),
    "no tag": ({"aud": "aws-mcp"}, {"DefaultRole"}),
    "a source identity": ({"aud": "aws-mcp", sts.SOURCE_IDENTITY: "alice"}, {"DefaultRole"}),
    "another audience": ({"aud": "mobile-app", f"{sts.FLAT_TAG}Team": "s3-readers"}, set()),
    "another authorized party": ({"aud": "aws-mcp", "azp": "mobile-app", f"{sts.FLAT_TAG}Team": "s3-readers"}, set()),
    "another issuer": ({"iss": "https://dev-1.okta.com/oauth2", "aud": "aws-mcp"}, set()),
}
#: Route of sessions.yaml, region, action → whether an administrator may still do it.
USES = {
    ("the AWS MCP Server", "us-east-1", "s3:GetObject"): True,
    ("a service that the AWS MCP Server called", "us-east-1", "s3:GetObject"): True,
    ("nobody, the keys being false", "us-east-1", "s3:GetObject"): False,
    ("nobody, the keys being absent", "us-east-1", "s3:GetObject"): False,
    ("the EKS MCP server", "us-east-1", "s3:GetObject"): False,
    ("the AWS MCP Server", "us-east-1", "s3:PutBucketPolicy"): False,
    ("the AWS MCP Server", "sa-east-1", "s3:GetObject"): False,
}


def cases(texts: dict[tuple[str, tuple[str, ...]], str] | None = None) -> list[Case]:
    """Questions about the rendered roles. `texts` stand for what is rendered, in self tests."""
    texts = texts or {}
    made = []
    for form in FORMATS:
        by_token = roles(form, texts.get((form, BY_TOKEN)) or rendered(form))
        by_function = roles(form, texts.get((form, BY_FUNCTION)) or rendered(form, BY_FUNCTION))
        assert by_token.keys() == by_function.keys() == {"TeamRole", "DefaultRole"}, by_token.keys()
        for name, wanted in by_token.items():
            for label, (claims, given) in TOKENS.items():
                questions = sts.with_token(wanted, {"iss": ISSUER, "sub": "alice@example.com"} | claims)
                made.append(Case(f"rendered as {form}: {label} for {name}", name in given, questions, {}))
            made += uses(form, name, wanted)
        for name, wanted in by_function.items():
            made += assumptions(form, name, wanted)
    return made


def uses(form: str, name: str, acting: Role) -> list[Case]:
    routes = Table("sessions", Templates.read()).file["routes"]
    made = []
    for (route, region, action), allowed in USES.items():
        bucket = "arn:aws:s3:::team-bucket"
        question = {
            "caller": caller_of(acting),
            "action": action,
            "resource": f"{bucket}/a" if action.endswith("Object") else bucket,
            "account": ACCOUNT,
            "context": {"aws:RequestedRegion": region} | routes[route],
            "identity": [*acting.identity, EVERYTHING],
            "boundary": acting.boundary,
            "session": None,
            "resourcePolicy": None,
        }
        label = f"rendered as {form}: an administrator in {name}, {action} by {route} in {region}"
        made.append(Case(label, allowed, [question], {}))
    return made


def assumptions(form: str, name: str, wanted: Role) -> list[Case]:
    everything = {"identity": [EVERYTHING]}
    wishes = sts.Wishes({"Team": "s3-readers"}, [], "alice")
    table = [("the function", GATEWAY_ROLE, wishes, True), ("another role", f"{GATEWAY_ROLE}-2", wishes, False)]
    table.append(("the function, naming nobody", GATEWAY_ROLE, sts.Wishes(), False))
    return [
        Case(
            f"rendered as {form}: {label} assumes {name}",
            allowed,
            sts.questions(wanted, "sts:AssumeRole", {"kind": "AWS", "id": who, "account": ACCOUNT}, {}, wish, everything),
            {},
        )
        for label, who, wish, allowed in table
    ]


#: A mistake in what is rendered → the case that must come out the other way.
MISTAKES = {
    ("BoolIfExists", "Bool"): "an administrator in TeamRole, s3:GetObject by nobody, the keys being absent in us-east-1",
    ("s3-readers:*", "s3-readers*"): "another team's token for TeamRole",
    (":aud", ":sub"): "the team's token for TeamRole",
    ("sts:SetSourceIdentity", "sts:GetCallerIdentity"): "a source identity for DefaultRole",
    ("us-east-1", "sa-east-1"): "an administrator in TeamRole, s3:GetObject by the AWS MCP Server in us-east-1",
}


def mistaken(old: str, new: str) -> list[Case]:
    """The cases over documents with this mistake."""
    made = {}
    for form in FORMATS:
        text = rendered(form)
        assert old in text, (form, old)
        made[form, BY_TOKEN] = text.replace(old, new)
    return cases(made)
