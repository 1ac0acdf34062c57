"""Prepares moto for AssumeRole: the function's execution role, and roles that trust nobody else.

Arguments: moto's URL, then JSON {"execution_role": role ARN, "session": its session's name, "trusting": [role ARN, …],
"others": [role ARN, …]}. Prints the execution role's credentials as an environment. From then on moto checks every
signature and policy.
"""

import json
import sys
import urllib.request

import boto3

endpoint, wanted = sys.argv[1], json.loads(sys.argv[2])
execution_role, session = wanted["execution_role"], wanted["session"]
account, name = execution_role.split(":")[4], execution_role.rsplit("/", 1)[1]
ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


def client(service: str):
    keys = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    made = boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **keys)
    made.meta.events.register(f"before-call.{service}", lambda params, **_: params["headers"].update({"x-moto-account-id": account}))
    return made


def policy(**statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ACTIONS, **statement}]})


def create(arn: str, *principals: str) -> None:
    trust = policy(Principal={"AWS": list(principals)})
    client("iam").create_role(RoleName=arn.rsplit("/", 1)[1], AssumeRolePolicyDocument=trust, MaxSessionDuration=3600)


create(execution_role, "*")
client("iam").put_role_policy(RoleName=name, PolicyName="assume", PolicyDocument=policy(Resource="*"))
# moto compares a principal with the caller's session, IAM with its role as well.
for arn in wanted["trusting"]:
    create(arn, execution_role, f"arn:aws:sts::{account}:assumed-role/{name}/{session}")
for arn in wanted["others"]:
    create(arn, f"arn:aws:iam::{account}:role/SomebodyElse")

keys = client("sts").assume_role(RoleArn=execution_role, RoleSessionName=session)["Credentials"]
reset = urllib.request.Request(f"{endpoint}/moto-api/reset-auth", data=b"0", headers={"content-type": "text/plain"})
urllib.request.urlopen(reset, timeout=10).close()
print(
    json.dumps(
        {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }
    )
)
