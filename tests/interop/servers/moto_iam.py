"""Prepares moto's IAM through boto3: an OIDC provider and the roles that trust it.

Arguments: moto's URL, then JSON {"issuer": URL, "audiences": […], "roles": {role ARN: trust policy conditions}}.
"""

import json
import sys

import boto3

endpoint, wanted = sys.argv[1], json.loads(sys.argv[2])


def trust_policy(account: str, issuer: str, conditions: dict) -> dict:
    """The policy of the documentation: this provider, this audience, and what the mapping says."""
    provider = issuer.split("://", 1)[1]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{provider}"},
                "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                "Condition": conditions,
            }
        ],
    }


def iam_of(account: str):
    """IAM of one account; moto takes its number from a header."""
    iam = boto3.client(
        "iam", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="unused", aws_secret_access_key="unused"
    )
    iam.meta.events.register("before-call.iam", lambda params, **_: params["headers"].update({"x-moto-account-id": account}))
    return iam


issuer, audiences = wanted["issuer"], wanted["audiences"]
for account in sorted({arn.split(":")[4] for arn in wanted["roles"]}):
    iam_of(account).create_open_id_connect_provider(Url=issuer, ClientIDList=audiences)
for arn, conditions in wanted["roles"].items():
    account = arn.split(":")[4]
    iam_of(account).create_role(
        RoleName=arn.rsplit("/", 1)[1],
        AssumeRolePolicyDocument=json.dumps(trust_policy(account, issuer, conditions)),
        MaxSessionDuration=3600,
    )
