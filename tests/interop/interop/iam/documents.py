"""The roles of a stack, with every policy that has a say about them."""

import json
from dataclasses import dataclass

from ..stack import Stack, TemplateError


@dataclass(frozen=True)
class Role:
    arn: str
    account: str
    trust: dict
    #: Inline and managed policies alike: they add up.
    identity: list[dict]
    boundary: dict | None

    def session(self, name: str) -> str:
        """The ARN of a session; it knows the role's name without its path."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.arn.rsplit('/', 1)[1]}/{name}"


def role(stack: Stack, logical_id: str) -> Role:
    properties = stack.properties(logical_id)
    managed = managed_policies(stack)
    boundary = properties.get("PermissionsBoundary")
    return Role(
        arn=stack.attribute(logical_id, "Arn"),
        account=stack.account,
        trust=document(properties["AssumeRolePolicyDocument"]),
        identity=[
            *(document(policy["PolicyDocument"]) for policy in properties.get("Policies", [])),
            *(_own(managed, arn, logical_id) for arn in properties.get("ManagedPolicyArns", [])),
            *_attached_from_beside(stack, stack.ref(logical_id)),
        ],
        boundary=_own(managed, boundary, logical_id) if boundary else None,
    )


def managed_policies(stack: Stack) -> dict[str, dict]:
    """ARN → document."""
    names = stack.resources("AWS::IAM::ManagedPolicy")
    return {stack.ref(name): document(stack.property(name, "PolicyDocument")) for name in names}


def document(written: dict | str) -> dict:
    """A policy as it arrives in IAM. Some are written as JSON text."""
    return json.loads(written) if isinstance(written, str) else written


def _own(managed: dict[str, dict], arn: str, logical_id: str) -> dict:
    if arn not in managed:
        raise TemplateError(f"{logical_id} uses {arn}, which is no policy of this template")
    return managed[arn]


def _attached_from_beside(stack: Stack, role_name: str) -> list[dict]:
    """Policies that name the role, instead of being named by it."""
    names = [name for kind in ("Policy", "ManagedPolicy") for name in stack.resources(f"AWS::IAM::{kind}")]
    attached = [name for name in names if role_name in (stack.property(name, "Roles") or [])]
    return [document(stack.property(name, "PolicyDocument")) for name in attached]
