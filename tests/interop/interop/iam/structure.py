"""What must hold of the templates' documents as a whole, whichever way they are deployed."""

import itertools
import json

from ..stack import Stack
from . import judges
from .documents import Role, managed_policies, role
from .table import GATEWAY, MEMBER, Templates

#: IAM's quotas (user guide, reference_iam-quotas): characters without white space. For trust policies the default one.
MANAGED, TRUST, INLINE = 6144, 2048, 10240
ASSUMPTIONS = {"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"}
#: The documented exception: its only permission is to list regions.
FOR_EVERYBODY = "DefaultRole"
#: As long as names get.
REQUIRED = {
    "Issuer": "https://login.subsidiary.a-rather-long-company-name.example.com/tenants/11111111-2222-3333-4444-555555555555/v2.0",
    "StsAudience": "11111111-2222-3333-4444-555555555555",
    "Team": "platform-engineering-s3-readers-of-the-data-lake",
    "TeamBucket": "a-bucket-name-may-have-sixty-three-characters-and-this-one-does",
    "AllowedRegions": "us-east-1,us-west-2,eu-central-1,eu-west-1,ap-southeast-1,ap-northeast-1",
    "TrustList": ",".join(f"firstname.lastname{number}@subsidiary.example.com" for number in range(20)),
}
ONLY = {
    GATEWAY: {
        "MemberAccounts": ["yes"],
        "ConfigSource": ["", "ssm:/rolecall/gateway", "s3://a-bucket/gateway.yaml", "appconfig://abc1234/def1234/ghi1234"],
        "ConfigKeyArn": ["arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"],
    },
    MEMBER: {"GatewayExecutionRoleArn": ["arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole-ABCDEFGHIJKL"]},
}
COMMON = {"Exchange": ["webIdentity", "assumeRole"], "TrustBy": ["session-tag", "roles-claim", "subjects", "emails"]}


def checks(templates: Templates):
    yield "guardrail and boundary are the same in both templates", lambda: same_limits(templates)
    yield "every role of the role map has guardrail and boundary", lambda: roles_are_limited(templates)
    yield "no trust policy is content with an audience but the default role's", lambda: trust_is_restricted(templates)
    yield "the identity provider knows exactly the audience that trust policies demand", lambda: one_audience(templates)
    yield "every policy fits IAM's quotas", lambda: policies_fit(templates)
    yield "every action that a policy names exists", lambda: actions_exist(templates)


def stacks(templates: Templates, path: str) -> list[Stack]:
    """The template in every way that changes its policies."""
    choices = COMMON | ONLY[path]
    combinations = [dict(zip(choices, values)) for values in itertools.product(*choices.values())]
    return [templates.stack(path, REQUIRED | choice) for choice in combinations]


def all_roles(templates: Templates) -> list[tuple[Stack, str, Role]]:
    every = [stack for path in (GATEWAY, MEMBER) for stack in stacks(templates, path)]
    return [(stack, name, role(stack, name)) for stack in every for name in stack.resources("AWS::IAM::Role")]


def handed_out(templates: Templates) -> list[tuple[Stack, str, Role]]:
    """The roles that people come to have: all but those that only a service of AWS may take."""
    return [one for one in all_roles(templates) if any("Service" not in it["Principal"] for it in one[2].trust["Statement"])]


def same_limits(templates: Templates) -> None:
    here, there = (stacks(templates, path)[0] for path in (GATEWAY, MEMBER))
    for name in ("McpGuardrail", "McpBoundary"):
        one, other = (stack.property(name, "PolicyDocument") for stack in (here, there))
        assert one == other, f"{name} differs: {one} {other}"


def roles_are_limited(templates: Templates) -> None:
    roles = handed_out(templates)
    assert {name for _, name, _ in roles} == {"DefaultRole", "TeamRole"}, roles
    for stack, name, found in roles:
        assert found.boundary == stack.property("McpBoundary", "PolicyDocument"), f"{name} has no boundary"
        assert stack.property("McpGuardrail", "PolicyDocument") in found.identity, f"{name} has no guardrail"


def trust_is_restricted(templates: Templates) -> None:
    for _, name, found in handed_out(templates):
        for statement in assumptions(found):
            principal, keys = statement["Principal"], condition_keys(statement)
            assert principal != "*" and "*" not in principal.values(), f"{name} trusts everybody"
            telling = {key for key in keys if not key.endswith(":aud")}
            if "Federated" in principal and name != FOR_EVERYBODY:
                assert telling, f"{name} is for everybody with a token for {keys}"
            if "Federated" in principal:
                assert keys - telling, f"{name} takes tokens for any audience"


def one_audience(templates: Templates) -> None:
    every = [stack for path in (GATEWAY, MEMBER) for stack in stacks(templates, path)]
    providers = [(stack, name) for stack in every for name in stack.resources("AWS::IAM::OIDCProvider")]
    assert providers
    for stack, name in providers:
        properties = stack.properties(name)
        assert (properties["Url"], properties["ClientIdList"]) == (REQUIRED["Issuer"], [REQUIRED["StsAudience"]]), properties
        roles = [role(stack, role_name) for role_name in stack.resources("AWS::IAM::Role")]
        principals = [statement["Principal"] for found in roles for statement in found.trust["Statement"]]
        trusted = {principal["Federated"] for principal in principals if "Federated" in principal}
        assert trusted == {stack.ref(name)}, trusted


def policies_fit(templates: Templates) -> None:
    for stack, name, found in all_roles(templates):
        assert size(found.trust) <= TRUST, f"trust policy of {name}: {size(found.trust)} in {stack.given}"
        managed = managed_policies(stack).values()
        inline = sum(size(policy) for policy in found.identity if policy not in managed)
        assert inline <= INLINE, f"inline policies of {name}: {inline}"
        for policy in managed:
            assert size(policy) <= MANAGED, f"{size(policy)}: {policy}"


def actions_exist(templates: Templates) -> None:
    roles = [found for _, _, found in all_roles(templates)]
    policies = [policy for found in roles for policy in (found.trust, *found.identity, found.boundary) if policy]
    statements = [statement for policy in policies for statement in policy["Statement"]]
    written = [statement.get(key, []) for statement in statements for key in ("Action", "NotAction")]
    named = {action for actions in written for action in as_list(actions)}
    assert len(named) > 100, named
    assert not (lost := judges.unknown_actions(sorted(named))), lost


def assumptions(found: Role) -> list[dict]:
    return [statement for statement in found.trust["Statement"] if ASSUMPTIONS & set(as_list(statement["Action"]))]


def condition_keys(statement: dict) -> set[str]:
    return {key for keys in statement.get("Condition", {}).values() for key in keys}


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def size(policy: dict) -> int:
    """Characters that IAM counts."""
    return len("".join(json.dumps(policy, separators=(",", ":")).split()))
