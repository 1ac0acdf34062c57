"""iam/member-account.yaml and the templates that `rolecall iam render` writes: cfn-lint's and checkov's judgement, and stacks
in moto."""

import json
import tempfile
from pathlib import Path

from . import sam
from .cloud import Cloud, create_plain
from .cloudformation import Resolved
from .expected_stack import has_policies
from .iam import rendered
from .paths import ROOT
from .scenarios import ISSUER, Scenario
from .stack import load_yaml

TEMPLATE = ROOT / "iam" / "member-account.yaml"
#: What is said of the boundary, and why it stands, is in parts/template.py.
BOUNDARY = "McpBoundary"
GATEWAY_ROLE = "arn:aws:iam::111122223333:role/rolecall-gateway/rolecall-ExecutionRole"
LINT = "cfn-lint on the member account's template"
RENDERED_LINT = "cfn-lint on what iam render writes"

SCENARIOS = [
    Scenario("member account by tag", {"RoleName": "ByTag"}, ""),
    Scenario(
        "member account by roles claim",
        {"RoleName": "ByClaim", "TrustBy": "roles-claim", "IdentityProviderMode": "reuse"},
        "",
        provider_exists=True,
    ),
    Scenario("member account by subject", {"RoleName": "BySub", "TrustBy": "subjects", "TrustList": "alice,dave"}, ""),
    Scenario("member account by email", {"RoleName": "ByEmail", "TrustBy": "emails", "TrustList": "a@example.com"}, ""),
    Scenario(
        "member account for the function",
        {"RoleName": "ByFunction", "Exchange": "assumeRole", "GatewayExecutionRoleArn": GATEWAY_ROLE},
        "",
    ),
]


def checking(scenario: Scenario) -> str:
    return f"checkov: {scenario.name}"


def creating(scenario: Scenario) -> str:
    return f"a stack in moto: {scenario.name}"


def judged(suppressed: set[tuple[str, str]], template: Path = TEMPLATE):
    """What needs no stack."""
    yield LINT, lambda: is_lint_free(template)
    for scenario in SCENARIOS:
        yield checking(scenario), lambda scenario=scenario: is_checked(suppressed, template, scenario)


def rendered_is_judged():
    yield RENDERED_LINT, rendered_is_lint_free


def created(here: Cloud, template: Path = TEMPLATE):
    for scenario in SCENARIOS:
        yield creating(scenario), lambda scenario=scenario: is_created(here, template, scenario)


def is_lint_free(template: Path) -> None:
    ran = sam.tool("cfn-lint", "--format", "parseable", "--template", template)
    found = ran.stdout.splitlines() + ran.stderr.splitlines()
    assert not found, "\n".join(found)


def rendered_is_lint_free() -> None:
    for options in (rendered.BY_TOKEN, rendered.BY_FUNCTION):
        with tempfile.TemporaryDirectory(prefix="rolecall-") as folder:
            template = Path(folder) / "roles.json"
            template.write_text(rendered.rendered("cloudformation", options))
            is_lint_free(template)


def is_checked(suppressed: set[tuple[str, str]], template: Path, scenario: Scenario) -> None:
    judged = json.loads(json.dumps(load_yaml(template.read_text())))
    # checkov reads conditions with the defaults.
    for name, value in scenario.parameters.items():
        judged["Parameters"][name]["Default"] = value
    expected = {finding for finding in suppressed if finding[1] == BOUNDARY}
    found = sam.checked(judged)
    assert found == expected, f"new: {found - expected}; suppressed and no longer found: {expected - found}"


def is_created(here: Cloud, template: Path, scenario: Scenario) -> None:
    """Role, policies and provider arrive in IAM as they are written, under the names that the role map says."""
    written = load_yaml(template.read_text())
    refused = Resolved(written, scenario.parameters).refused_parameters()
    violated = Resolved(written, scenario.parameters).violated_rules()
    assert not refused and not violated, (refused, violated)
    stack = create_plain(here, written, scenario)
    missing = stack.resolved.created.keys() - stack.physical.keys() - stack.by_api.keys()
    assert not missing, missing
    has_policies(stack)
    seen, given = stack.seen, scenario.given
    (arn,) = seen["arns"].values()
    assert arn.endswith(f":role/rolecall/{given['RoleName']}"), arn
    assert stack.outputs["TeamRoleArn"] == arn, stack.outputs
    assert [stack.outputs["McpGuardrailArn"]] == seen["attached"]["TeamRole"], seen["attached"]
    assert stack.outputs["McpBoundaryArn"] == seen["boundaries"]["TeamRole"], seen["boundaries"]
    trusted = {json.dumps(statement["Principal"]) for statement in seen["trust"]["TeamRole"]["Statement"]}
    if given.get("Exchange") == "assumeRole":
        assert seen["providers"] == [] and trusted == {json.dumps({"AWS": GATEWAY_ROLE})}, (seen["providers"], trusted)
    else:
        (provider,) = seen["providers"]
        assert provider.endswith(ISSUER.removeprefix("https://")), provider
        assert trusted == {json.dumps({"Federated": provider})}, (provider, trusted)
