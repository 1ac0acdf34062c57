"""Transforms a SAM template as CloudFormation would. Arguments: the template's path, then the parameters as JSON.
The result is JSON on stdout."""

import json
import logging
import sys
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It warns of feature toggles that only the service has.
logging.disable(logging.WARNING)
template, parameters = yaml_parse(Path(sys.argv[1]).read_text()), json.loads(sys.argv[2])
session = boto3.Session(region_name=parameters.get("AWS::Region", "us-east-1"))
translator = Translator({}, Parser(), boto_session=session)
print(json.dumps(translator.translate(template, parameters)))
