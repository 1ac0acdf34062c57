"""Creates a stack in moto and shows what came of it. Arguments: moto's URL, then a JSON file {"name": …, "template": the
transformed template, "parameters": …, "provider": an issuer to register before, or null}.

moto's CloudFormation knows some resource types only; those it doesn't know are left to their services' own API, with
the properties that interop.cloudformation resolves. The result on stdout is JSON.
"""

import ast
import json
import sys
from pathlib import Path

import boto3

from interop.cloudformation import Resolved, substitute

endpoint, wanted = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
REGION = wanted["parameters"].get("AWS::Region", "us-east-1")
URL = "https://abcdefghij.lambda-url.us-east-1.on.aws/"


def client(service: str):
    credentials = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **credentials)


def create_provider(name: str, properties: dict) -> str:
    made = client("iam").create_open_id_connect_provider(Url=properties["Url"], ClientIDList=properties["ClientIdList"])
    return made["OpenIDConnectProviderArn"]


def create_alias(name: str, properties: dict) -> str:
    return client("lambda").create_alias(**properties)["AliasArn"]


def create_url(name: str, properties: dict) -> str:
    function, qualifier = properties["TargetFunctionArn"].rsplit(":", 1)
    settings = {key: properties[key] for key in ("AuthType", "InvokeMode")}
    client("lambda").create_function_url_config(FunctionName=function, Qualifier=qualifier, **settings)
    return URL


def create_permission(name: str, properties: dict) -> str:
    function, qualifier = properties.pop("FunctionName").rsplit(":", 1)
    client("lambda").add_permission(FunctionName=function, Qualifier=qualifier, StatementId=name, **properties)
    return name


def create_filter(name: str, properties: dict) -> str:
    transformations = [
        {key[0].lower() + key[1:]: value for key, value in one.items()} for one in properties["MetricTransformations"]
    ]
    client("logs").put_metric_filter(
        logGroupName=properties["LogGroupName"],
        filterName=name,
        filterPattern=properties["FilterPattern"],
        metricTransformations=transformations,
    )
    return name


def create_alarm(name: str, properties: dict) -> str:
    threshold = {"Threshold": float(properties["Threshold"])}
    client("cloudwatch").put_metric_alarm(AlarmName=name, **properties | threshold)
    return name


#: What stands in for CloudFormation, by resource type and in order.
BY_API = {
    "AWS::IAM::OIDCProvider": create_provider,
    "AWS::Lambda::Alias": create_alias,
    "AWS::Lambda::Url": create_url,
    "AWS::Lambda::Permission": create_permission,
    "AWS::Logs::MetricFilter": create_filter,
    "AWS::CloudWatch::Alarm": create_alarm,
}
#: What moto knows in no way that would show anything.
LEFT_OUT = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::CloudFront::Distribution",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
}


def created_by_cloudformation() -> tuple[dict[str, str], dict[str, str]]:
    """Logical id → physical id of what moto's CloudFormation makes, and the stack's outputs."""
    template = substitute(wanted["template"], stand_ins(wanted["template"]))
    template["Resources"] = {
        name: {key: value for key, value in resource.items() if key not in ("DependsOn", "UpdatePolicy")}
        for name, resource in template["Resources"].items()
        if resource["Type"] not in BY_API.keys() | LEFT_OUT
    }
    cloudformation = client("cloudformation")
    parameters = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in wanted["parameters"].items() if "::" not in name
    ]
    body = json.dumps(template)
    # The second covers roles that the template names itself.
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    cloudformation.create_stack(
        StackName=wanted["name"], TemplateBody=body, Parameters=parameters, Capabilities=capabilities
    )
    (stack,) = cloudformation.describe_stacks(StackName=wanted["name"])["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    resources = cloudformation.describe_stack_resources(StackName=wanted["name"])["StackResources"]
    # moto leaves the ids of some resources out (policies of a role among them).
    physical = {
        one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in resources if "LogicalResourceId" in one
    }
    return physical, {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def stand_ins(template: dict) -> dict[str, object]:
    """For each reference to what moto's CloudFormation does not make, something that it can resolve."""
    found = {"GatewayUrl.FunctionUrl": URL}
    for name, resource in template["Resources"].items():
        match resource["Type"]:
            case "AWS::Lambda::Alias":
                function = resource["Properties"]["FunctionName"]["Ref"]
                found[name] = {"Fn::Sub": f"${{{function}.Arn}}:{resource['Properties']['Name']}"}
            case "AWS::CloudFront::Distribution":
                found[f"{name}.DomainName"] = "d111111abcdef8.cloudfront.net"
            case "AWS::ApiGateway::DomainName":
                found[f"{name}.RegionalDomainName"] = "d-abcdefghij.execute-api.us-east-1.amazonaws.com"
            case kind if kind in LEFT_OUT or kind in BY_API:
                found[name] = name
    return found


def known(physical: dict[str, str]) -> dict[str, str]:
    """Values of references for what is made through APIs."""
    template, names = wanted["template"], dict(physical)
    for name, resource in template["Resources"].items():
        if name in physical and resource["Type"] == "AWS::Lambda::Function":
            names[f"{name}.Arn"] = client("lambda").get_function(FunctionName=physical[name])["Configuration"]["FunctionArn"]
        if name in physical and resource["Type"] == "AWS::Lambda::Version":
            function = physical[resource["Properties"]["FunctionName"]["Ref"]]
            versions = client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
            names[f"{name}.Version"] = versions[-1]["Version"]
    for name, stand_in in stand_ins(template).items():
        names[name] = stand_in if isinstance(stand_in, str) else None
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Lambda::Alias":
            continue
        if (function := resource["Properties"]["FunctionName"]["Ref"]) in physical:
            names[name] = f"{names[f'{function}.Arn']}:{resource['Properties']['Name']}"
    return names


def inline_policies(iam, role: str) -> dict[str, dict]:
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    # moto keeps what stands in the role itself as Python writes it.
    return {name: ast.literal_eval(one) if isinstance(one, str) else one for name, one in documents.items()}


def attached_policies(iam, role: str) -> list[str]:
    return [policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]


def managed_policy(iam, arn: str) -> dict:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def attach_policies() -> dict[str, str]:
    """moto's CloudFormation passes over ManagedPolicyArns."""
    attached = {}
    for name, properties in resolved.of_type("AWS::IAM::Role").items():
        for arn in properties.get("ManagedPolicyArns", []):
            if arn in physical.values():
                client("iam").attach_role_policy(RoleName=physical[name], PolicyArn=arn)
                attached[f"{name}.ManagedPolicyArns"] = arn
    return attached


def seen_in_iam() -> dict:
    """What IAM says, asked without the template."""
    iam = client("iam")
    roles = {name: iam.get_role(RoleName=physical[name])["Role"] for name in physical if name.endswith("Role")}
    return {
        "trust": {name: role["AssumeRolePolicyDocument"] for name, role in roles.items()},
        "boundaries": {
            name: role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for name, role in roles.items()
        },
        "arns": {name: role["Arn"] for name, role in roles.items()},
        "inline": {name: inline_policies(iam, physical[name]) for name in roles},
        "attached": {name: attached_policies(iam, physical[name]) for name in roles},
        "managed": {name: managed_policy(iam, arn) for name, arn in physical.items() if ":policy/" in arn},
        "providers": [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]],
    }


def seen_of_function() -> dict:
    """What the other services say of the function and what is around it."""
    lambda_, logs, cloudwatch = map(client, ("lambda", "logs", "cloudwatch"))
    function = physical["Gateway"]
    dashboard = cloudwatch.get_dashboard(DashboardName=physical["Dashboard"])
    groups = logs.describe_log_groups(logGroupNamePrefix=physical["LogGroup"])["logGroups"]
    parameter = client("ssm").get_parameter(Name=physical["OwnUrl"]) if "OwnUrl" in physical else None
    url = "GatewayUrl" in by_api and lambda_.get_function_url_config(FunctionName=function, Qualifier="live")
    return {
        "environment": lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"],
        "role_of_function": lambda_.get_function_configuration(FunctionName=function)["Role"],
        "log_group_arn": groups[0]["arn"],
        "log_groups": {group["logGroupName"]: group.get("retentionInDays") for group in groups},
        "filters": {
            one["filterName"]: one["filterPattern"]
            for one in logs.describe_metric_filters(logGroupName=physical["LogGroup"])["metricFilters"]
        },
        "alarms": {one["AlarmName"]: one for one in cloudwatch.describe_alarms()["MetricAlarms"]},
        "dashboard": dashboard["DashboardBody"],
        "resource_url": parameter and parameter["Parameter"]["Value"],
        "url": url and {key: url[key] for key in ("AuthType", "InvokeMode")},
    }


# An account takes one provider for an issuer, and earlier stacks had theirs.
for provider in client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]:
    client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
if wanted["provider"]:
    client("iam").create_open_id_connect_provider(Url=wanted["provider"], ClientIDList=["aws-mcp"])
physical, outputs = created_by_cloudformation()
resolved = Resolved(wanted["template"], wanted["parameters"] | {"AWS::StackName": wanted["name"]}, known(physical))
by_api = {
    name: create(name, properties) for kind, create in BY_API.items() for name, properties in resolved.of_type(kind).items()
} | attach_policies()
print(
    json.dumps(
        {
            "physical": physical,
            "outputs": outputs,
            "by_api": by_api,
            "left_out": sorted(name for name, one in resolved.created.items() if one["Type"] in LEFT_OUT),
            "seen": seen_in_iam() | (seen_of_function() if "Gateway" in physical else {}),
        },
        default=str,
    )
)
