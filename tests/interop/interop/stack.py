"""Reads a template as CloudFormation does: parameters checked, rules and conditions decided, functions resolved.

Strict: a function, parameter, pseudo parameter or attribute that it doesn't know is an error, never a guess. Resources
that other tools expand (macros, SAM's functions) keep what is written of them."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from . import installed
from .paths import INTEROP
from .processes import run

NO_VALUE = object()


class TemplateError(Exception):
    """What CloudFormation would refuse, or what this module can't read."""


@cache
def load_yaml(text: str) -> dict:
    """YAML with CloudFormation's short forms, which become the long ones. The caller must not change the result."""
    done = run([installed.python("yaml"), INTEROP / "interop" / "yaml_to_json.py"], stdin=text)
    if done.returncode:
        raise TemplateError(done.stderr.strip())
    return json.loads(done.stdout)


@dataclass
class Stack:
    """A template with values for its parameters. `text` is the template's YAML."""

    text: str
    given: dict[str, str] = field(default_factory=dict)
    name: str = "rolecall"
    account: str = "111122223333"
    region: str = "us-east-1"

    def __post_init__(self):
        self.template = load_yaml(self.text)
        self.parameters = _parameters(self.template.get("Parameters", {}), self.given)
        for name, rule in self.template.get("Rules", {}).items():
            if violation := self.violation(rule):
                raise TemplateError(f"rule {name}: {violation}")

    @classmethod
    def read(cls, path: Path, given: dict[str, str] | None = None, **stack) -> "Stack":
        return cls(path.read_text(), given or {}, **stack)

    def resources(self, kind: str) -> list[str]:
        """The logical ids of the resources of this type that the conditions let exist."""
        declared = self.template["Resources"].items()
        return [name for name, resource in declared if resource["Type"] == kind and self.exists(name)]

    def exists(self, logical_id: str) -> bool:
        condition = self._resource(logical_id).get("Condition")
        return condition is None or self.condition(condition)

    def properties(self, logical_id: str) -> dict:
        return self.resolve(self._resource(logical_id).get("Properties", {}))

    def property(self, logical_id: str, name: str):
        """One property, or None; the others may then name what this module doesn't know."""
        return self.resolve(self._resource(logical_id).get("Properties", {}).get(name))

    def condition(self, name: str) -> bool:
        return self._truth(_known(self.template.get("Conditions", {}), name, "condition"))

    def resolve(self, value):
        """The value with every function in it resolved."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if function := _function_of(value):
            return _known(FUNCTIONS, function, "function")(self, value[function])
        resolved = {key: self.resolve(inner) for key, inner in value.items()}
        return {key: inner for key, inner in resolved.items() if inner is not NO_VALUE}

    def ref(self, name: str):
        if name in self.parameters:
            return self.parameters[name]
        if name.startswith("AWS::"):
            return _known(self._pseudo_parameters(), name, "pseudo parameter")
        return self._identity(name, "Ref")

    def attribute(self, logical_id: str, attribute: str) -> str:
        return self._identity(logical_id, attribute)

    def _identity(self, logical_id: str, part: str) -> str:
        resource = self._resource(logical_id)
        if not self.exists(logical_id):
            raise TemplateError(f"{logical_id} is named but its condition is false")
        parts = _known(IDENTITIES, resource["Type"], f"identity of {logical_id}, a resource of type")
        pattern, name_property = _known(parts, part, f"attribute of {resource['Type']}"), parts["name"]
        properties = {key: resource.get("Properties", {}).get(key) for key in (name_property, "Path", "Url")}
        own = {key: self.resolve(value) for key, value in properties.items() if value is not None}
        return pattern.format(
            name=own.get(name_property, f"{self.name}-{logical_id}"),
            path=own.get("Path", "/"),
            host=own.get("Url", "").removeprefix("https://"),
            account=self.account,
            region=self.region,
        )

    def _resource(self, logical_id: str) -> dict:
        return _known(self.template["Resources"], logical_id, "resource")

    def _pseudo_parameters(self) -> dict:
        return {
            "AWS::AccountId": self.account,
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def violation(self, rule: dict) -> str | None:
        """Why a rule refuses the parameters."""
        if "RuleCondition" in rule and not self._truth(rule["RuleCondition"]):
            return None
        broken = [assertion for assertion in rule["Assertions"] if not self._truth(assertion["Assert"])]
        return broken[0].get("AssertDescription", "broken") if broken else None

    def _truth(self, value) -> bool:
        truth = self.resolve(value)
        if not isinstance(truth, bool):
            raise TemplateError(f"{value} is no condition")
        return truth

    def _equals(self, operands):
        one, other = self.resolve(operands)
        return one == other

    def _if(self, operands):
        name, yes, no = operands
        return self.resolve(yes if self.condition(name) else no)

    def _join(self, operands):
        separator, parts = self.resolve(operands)
        return separator.join(parts)

    def _split(self, operands):
        separator, text = self.resolve(operands)
        return text.split(separator)

    def _select(self, operands):
        index, items = self.resolve(operands)
        return items[int(index)] if 0 <= int(index) < len(items) else self._beyond(items, index)

    def _beyond(self, items: list, index) -> str:
        """What a list's item is that the list doesn't have."""
        raise TemplateError(f"Fn::Select: {items} has no item {index}")

    def _find_in_map(self, operands):
        name, first, second = self.resolve(operands)
        mapping = _known(self.template.get("Mappings", {}), name, "mapping")
        return _known(_known(mapping, first, f"key of {name}"), second, f"key of {name}.{first}")

    def _get_att(self, operands):
        return self.attribute(*self.resolve(operands))

    def _sub(self, operands):
        text, given = operands if isinstance(operands, list) else (operands, {})
        own = self.resolve(given)

        def value_of(match: re.Match) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            value = own[name] if name in own else self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)
            if not isinstance(value, str):
                raise TemplateError(f"Fn::Sub: {name} is no text")
            return value

        return re.sub(r"\$\{([^}]+)\}", value_of, text)


#: The functions of templates by their long names.
FUNCTIONS = {
    "Ref": Stack.ref,
    "Condition": Stack.condition,
    "Fn::And": lambda stack, operands: all([stack._truth(operand) for operand in operands]),
    "Fn::Equals": Stack._equals,
    "Fn::FindInMap": Stack._find_in_map,
    "Fn::GetAtt": Stack._get_att,
    "Fn::If": Stack._if,
    "Fn::Join": Stack._join,
    "Fn::Not": lambda stack, operands: not stack._truth(operands[0]),
    "Fn::Or": lambda stack, operands: any([stack._truth(operand) for operand in operands]),
    "Fn::Select": Stack._select,
    "Fn::Split": Stack._split,
    "Fn::Sub": Stack._sub,
}
#: What Ref and attributes of a resource give, and the property that names it. Without a name CloudFormation makes one
#: up from the stack's name and the logical id; here it ends there.
IDENTITIES = {
    "AWS::IAM::ManagedPolicy": {"name": "ManagedPolicyName", "Ref": "arn:aws:iam::{account}:policy{path}{name}"},
    "AWS::IAM::OIDCProvider": {"name": "Url", "Ref": "arn:aws:iam::{account}:oidc-provider/{host}"},
    "AWS::IAM::Role": {"name": "RoleName", "Ref": "{name}", "Arn": "arn:aws:iam::{account}:role{path}{name}"},
    "AWS::Logs::LogGroup": {
        "name": "LogGroupName",
        "Ref": "{name}",
        "Arn": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    },
    "AWS::Serverless::Function": {
        "name": "FunctionName",
        "Ref": "{name}",
        "Arn": "arn:aws:lambda:{region}:{account}:function:{name}",
    },
}


def _known(table: dict, name: str, what: str):
    if name not in table:
        raise TemplateError(f"unknown {what} {name}")
    return table[name]


def _function_of(value: dict) -> str | None:
    functions = [key for key in value if key == "Ref" or key.startswith("Fn::")]
    # In a policy's statement, Condition is a block of operators.
    if isinstance(value.get("Condition"), str) and len(value) == 1:
        functions.append("Condition")
    if functions and len(value) > 1:
        raise TemplateError(f"{functions[0]} must stand alone: {value}")
    return functions[0] if functions else None


def _parameters(declared: dict, given: dict[str, str]) -> dict:
    if unknown := given.keys() - declared.keys():
        raise TemplateError(f"unknown parameters {', '.join(sorted(unknown))}")
    return {name: _parameter(name, parameter, given) for name, parameter in declared.items()}


def _parameter(name: str, declared: dict, given: dict[str, str]) -> str | list[str]:
    if refusal := refusal_of(name, declared, given):
        raise TemplateError(f"parameter {name} {refusal}")
    return value_of(name, declared, given)


def refusal_of(name: str, declared: dict, given: dict[str, str]) -> str | None:
    """Why CloudFormation would refuse what a parameter has been given."""
    if declared["Type"] not in ("String", "Number", "CommaDelimitedList"):
        return f"has the unknown type {declared['Type']}"
    value = value_of(name, declared, given)
    if value is None:
        return "has neither a value nor a default"
    for one in value if isinstance(value, list) else [value]:
        if fault := _fault(one, declared):
            return f"{one!r}: {declared.get('ConstraintDescription', fault)}"
    return None


def value_of(name: str, declared: dict, given: dict[str, str]) -> str | list[str] | None:
    """Numbers stay text, as in CloudFormation."""
    text = given.get(name, declared.get("Default"))
    if text is None:
        return None
    is_list = declared["Type"] == "CommaDelimitedList"
    return [item.strip() for item in str(text).split(",")] if is_list else str(text)


def _fault(value: str, declared: dict) -> str | None:
    """Why a value is refused."""
    if declared["Type"] == "Number":
        number = float(value)
        if not float(declared.get("MinValue", number)) <= number <= float(declared.get("MaxValue", number)):
            return "is out of range"
    if not int(declared.get("MinLength", 0)) <= len(value) <= int(declared.get("MaxLength", len(value))):
        return "is too short or too long"
    if value not in map(str, declared.get("AllowedValues", [value])):
        return "is none of the allowed values"
    if not re.fullmatch(declared.get("AllowedPattern", ".*"), value, re.DOTALL):
        return f"does not match {declared['AllowedPattern']}"
    return None
