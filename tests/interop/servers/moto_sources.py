"""Writes configurations into moto's Parameter Store and S3 through boto3, as users that moto's IAM knows.

Arguments: moto's URL, then JSON {"actions": […] for a new user} or {"keys": [id, secret], "parameters": {name: value},
"objects": {bucket: {key: text}}}. Prints the new user's keys as JSON.
"""

import json
import sys

import boto3
from botocore.config import Config

REGION = "us-east-1"
endpoint, wanted = sys.argv[1], json.loads(sys.argv[2])


def client(service: str, key_id: str = "unused", secret: str = "unused", **more):
    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=key_id, aws_secret_access_key=secret, **more
    )


def new_user(actions: list[str]) -> list[str]:
    iam = client("iam")
    name = f"user-{len(iam.list_users()['Users'])}"
    iam.create_user(UserName=name)
    statement = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return [key["AccessKeyId"], key["SecretAccessKey"]]


def write(keys: list[str], parameters: dict[str, str], objects: dict[str, dict[str, str]]) -> None:
    ssm = client("ssm", *keys)
    for name, value in parameters.items():
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    s3 = client("s3", *keys, config=Config(s3={"addressing_style": "path"}))
    known = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket, contents in objects.items():
        if bucket not in known:
            s3.create_bucket(Bucket=bucket)
        for key, text in contents.items():
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode())


if "actions" in wanted:
    print(json.dumps(new_user(wanted["actions"])))
else:
    write(wanted["keys"], wanted.get("parameters", {}), wanted.get("objects", {}))
