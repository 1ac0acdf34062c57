"""What a stack of template.yaml must come to, by what moto's services say of it and, where moto is silent, by the template."""

import json
from collections import Counter

from .cloud import CreatedStack
from .cloudformation import Resolved
from .scenarios import usual_variables

ALARMS = {"ErrorsAlarm", "ThrottlesAlarm", "DurationAlarm", "StsFailuresAlarm", "DeniedAlarm", "KeysAlarm", "UpstreamAlarm"}
OWN_ROLES = {"ExecutionRole", "ChallengeRole", "CodeDeployServiceRole"}
#: Widgets of the gateway's own metrics, which have its name as `service.name`.
OWN_WIDGETS = 13
OWN_METRICS = {"StsFailures", "Denied"}


def is_as_expected(stack: CreatedStack) -> None:
    scenario, seen = stack.scenario, stack.seen
    print(f"template: {scenario.name}: by the services' own API instead of CloudFormation: {sorted(stack.by_api)}")
    print(f"template: {scenario.name}: not created: {stack.left_out}")
    missing = stack.resolved.created.keys() - stack.physical.keys() - stack.by_api.keys() - set(stack.left_out)
    assert not missing, missing
    kinds = Counter(resource["Type"] for resource in stack.resolved.created.values())
    for kind, count in scenario.counts.items():
        assert kinds[kind] == count, (kind, kinds[kind])
    has_environment(stack)
    has_roles(stack)
    has_policies(stack)
    is_observed(stack)
    urls = stack.outputs["McpUrl"], json.loads(stack.outputs["ClientConfiguration"])["mcpServers"]["aws"]["url"]
    assert urls == (scenario.url, scenario.url), urls
    host = "/".join(scenario.url.split("/")[:3])
    assert stack.outputs["MetadataUrl"] == f"{host}/.well-known/oauth-protected-resource", stack.outputs["MetadataUrl"]
    assert seen["resource_url"] == (scenario.url if scenario.learnt else None), seen["resource_url"]
    if seen["url"]:
        assert seen["url"] == {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}, seen["url"]


def has_environment(stack: CreatedStack) -> None:
    scenario, arns = stack.scenario, stack.seen["arns"]
    expected = {"ROLECALL_TEAM_ROLE_ARN": arns["TeamRole"], "ROLECALL_FALLBACK_ROLE_ARN": arns.get("DefaultRole", "")}
    found = stack.seen["environment"]
    assert found == usual_variables(scenario) | expected, found
    size = sum(len(name) + len(value) for name, value in found.items())
    assert size < 2048, f"{size} bytes; Lambda's limit is 4096"
    # moto drops what follows, so the template has to do.
    function = stack.resolved.of_type("AWS::Lambda::Function")["Gateway"]
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "<LogGroup>"}, function["LoggingConfig"]
    assert (function["Runtime"], function["Architectures"]) == ("provided.al2023", ["arm64"]), function
    assert function["TracingConfig"] == {"Mode": "Active"}, function["TracingConfig"]
    concurrency = scenario.given.get("ReservedConcurrency", "100") or None
    assert function.get("ReservedConcurrentExecutions") == concurrency, function
    assert "WriteLogsAndTraces" in stack.template["Resources"]["Gateway"]["DependsOn"]


def has_roles(stack: CreatedStack) -> None:
    scenario, seen = stack.scenario, stack.seen
    handed_out = {"TeamRole"} | ({"DefaultRole"} if scenario.has_fallback else set())
    assert handed_out == seen["arns"].keys() - OWN_ROLES, seen["arns"]
    for name in handed_out:
        assert seen["boundaries"][name] == stack.outputs["McpBoundaryArn"], seen["boundaries"]
        principals = json.dumps([statement["Principal"] for statement in seen["trust"][name]["Statement"]])
        trusted = seen["arns"]["ExecutionRole"] if "Exchange" in scenario.given else seen["providers"][0]
        assert trusted in principals, principals
    assert seen["role_of_function"] == seen["arns"]["ExecutionRole"]
    assert len(seen["providers"]) == ("Exchange" not in scenario.given), seen["providers"]


def has_policies(stack: CreatedStack) -> None:
    """Trust, permissions, boundary and guardrail arrive in IAM word for word, with nothing beside them: what the evaluators
    judge is what is deployed."""
    seen, scenario = stack.seen, stack.scenario
    known = stack.physical | {f"{name}.Arn": arn for name, arn in seen["arns"].items()}
    if "log_group_arn" in seen:
        # AWS ends it in `:*`, moto's CloudFormation does not.
        known["LogGroup.Arn"] = seen["log_group_arn"].removesuffix(":*")
    written = Resolved(stack.template, scenario.parameters | {"AWS::StackName": scenario.stack}, known)
    beside = written.of_type("AWS::IAM::Policy").values()
    for name in seen["arns"].keys() - {"CodeDeployServiceRole"}:
        role = written.created[name]["Properties"]
        policies = role.get("Policies", []) + [one for one in beside if stack.physical[name] in one["Roles"]]
        inline = {one["PolicyName"]: one["PolicyDocument"] for one in policies}
        assert seen["inline"][name] == inline, (name, seen["inline"][name], inline)
        assert seen["attached"][name] == role.get("ManagedPolicyArns", []), (name, seen["attached"][name])
        trust = role["AssumeRolePolicyDocument"]
        trust = json.loads(trust) if isinstance(trust, str) else trust
        assert seen["trust"][name] == trust, (name, seen["trust"][name], trust)
    managed = {name: one["PolicyDocument"] for name, one in written.of_type("AWS::IAM::ManagedPolicy").items()}
    assert seen["managed"] == managed, (seen["managed"], managed)


def is_observed(stack: CreatedStack) -> None:
    """Logs that end, alarms that tell somebody and stay quiet without data, a dashboard that is JSON."""
    seen = stack.seen
    assert list(seen["log_groups"].values()) == [90], seen["log_groups"]
    assert seen["alarms"].keys() == ALARMS
    actions = [stack.scenario.given["AlarmTopicArn"]] if "AlarmTopicArn" in stack.scenario.given else []
    for alarm in seen["alarms"].values():
        assert alarm["TreatMissingData"] == "notBreaching", alarm
        assert alarm["AlarmActions"] == alarm["OKActions"] == actions, alarm
    widgets = widgets_of(seen["dashboard"])
    function = stack.physical["Gateway"]
    assert sum(function in json.dumps(widget) for widget in widgets) == 2 + OWN_WIDGETS, widgets
    assert sum(stack.physical["LogGroup"] in json.dumps(widget) for widget in widgets) == 2, widgets
    filters = stack.resolved.of_type("AWS::Logs::MetricFilter").values()
    counted = {one["MetricTransformations"][0]["MetricName"] for one in filters}
    namespace = f"Rolecall/{stack.scenario.stack}"
    watched = {one["MetricName"] for one in seen["alarms"].values() if one.get("Namespace") == namespace}
    assert counted == watched == OWN_METRICS, (counted, watched)
    function_timeout = stack.resolved.of_type("AWS::Lambda::Function")["Gateway"]["Timeout"]
    expressions = [one.get("Expression") for one in seen["alarms"]["DurationAlarm"]["Metrics"]]
    assert f"duration / ({function_timeout} * 10)" in expressions, expressions


def widgets_of(dashboard: str) -> list[dict]:
    try:
        return json.loads(dashboard)["widgets"]
    except ValueError as error:
        raise AssertionError(f"{error}: {dashboard}") from error
