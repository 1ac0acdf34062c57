"""What a CloudFormation template comes to for given parameters: conditions, rules and intrinsic functions, as far as
template.yaml uses them. A second opinion beside moto, and the only one on resources that moto does not know."""

import re
from functools import cached_property

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "rolecall",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/rolecall/1",
}
ABSENT = object()


class Resolved:
    """A template (as JSON) with parameters. `known` maps logical ids and `id.attribute` to values of a real stack; what
    is not there becomes `<id>` or `<id.attribute>`."""

    def __init__(self, template: dict, parameters: dict[str, str], known: dict[str, str] | None = None):
        self.template, self.known = template, known or {}
        self.parameters = PSEUDO | {
            name: self._typed(declared, parameters.get(name, declared.get("Default")))
            for name, declared in template["Parameters"].items()
        } | {name: value for name, value in parameters.items() if name in PSEUDO}

    @staticmethod
    def _typed(declared: dict, value):
        return value.split(",") if declared["Type"] == "CommaDelimitedList" and value is not None else value

    @cached_property
    def resources(self) -> dict[str, dict]:
        """The resources that are created, with everything in them resolved."""
        return {
            name: {key: self.value(part) for key, part in resource.items() if key != "Condition"}
            for name, resource in self.template["Resources"].items()
            if self.holds(resource.get("Condition"))
        }

    @cached_property
    def outputs(self) -> dict[str, str]:
        return {
            name: self.value(output["Value"])
            for name, output in self.template["Outputs"].items()
            if self.holds(output.get("Condition"))
        }

    def of_type(self, kind: str) -> dict[str, dict]:
        """Logical id → properties."""
        return {
            name: resource.get("Properties", {}) for name, resource in self.resources.items() if resource["Type"] == kind
        }

    def violated_rules(self) -> set[str]:
        return {
            name
            for name, rule in self.template.get("Rules", {}).items()
            if self.value(rule.get("RuleCondition", True))
            and not all(self.value(assertion["Assert"]) for assertion in rule["Assertions"])
        }

    def refused_parameters(self) -> set[str]:
        """Parameters whose value is missing or not among the allowed ones."""
        return {name for name, declared in self.template["Parameters"].items() if not self._is_allowed(name, declared)}

    def _is_allowed(self, name: str, declared: dict) -> bool:
        value = self.parameters[name]
        if value is None:
            return False
        values = value if isinstance(value, list) else [str(value)]
        allowed = [str(one) for one in declared.get("AllowedValues", values)]
        pattern = re.compile(declared.get("AllowedPattern", ".*"))
        low, high = declared.get("MinValue", float("-inf")), declared.get("MaxValue", float("inf"))
        return all(
            one in allowed and pattern.fullmatch(one) and (declared["Type"] != "Number" or low <= float(one) <= high)
            for one in values
        )

    def holds(self, condition: str | None) -> bool:
        return condition is None or self.value(self.template["Conditions"][condition])

    def value(self, node):
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), = node.items()
            if function := getattr(self, f"_{name.removeprefix('Fn::').lower()}", None) if _is_function(name) else None:
                return function(argument)
        resolved = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not ABSENT}

    def _ref(self, name):
        return ABSENT if name == "AWS::NoValue" else self.parameters.get(name, self.known.get(name, f"<{name}>"))

    def _getatt(self, path):
        path = path if isinstance(path, str) else ".".join(path)
        return self.known.get(path, f"<{path}>")

    def _sub(self, argument):
        text, given = argument if isinstance(argument, list) else (argument, {})
        given = self.value(given)

        def one(match: re.Match) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            return str(given[name] if name in given else self._getatt(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)}", one, text)

    def _if(self, argument):
        condition, then, otherwise = argument
        return self.value(then if self.holds(condition) else otherwise)

    def _condition(self, name):
        return self.holds(name)

    def _equals(self, argument):
        left, right = self.value(argument)
        return str(left) == str(right)

    def _not(self, argument):
        return not self.value(argument[0])

    def _and(self, argument):
        return all(map(self.value, argument))

    def _or(self, argument):
        return any(map(self.value, argument))

    def _select(self, argument):
        index, values = self.value(argument)
        # CloudFormation looks at values of conditions that are not used, too, and forgives an index beyond them there only.
        return values[int(index)] if int(index) < len(values) else "<beyond the list>"

    def _split(self, argument):
        separator, text = self.value(argument)
        return text.split(separator)

    def _join(self, argument):
        separator, values = self.value(argument)
        return separator.join(values)

    def _findinmap(self, argument):
        name, first, second = self.value(argument)
        return self.template["Mappings"][name][first][second]


def _is_function(name: str) -> bool:
    return name in ("Ref", "Condition") or name.startswith("Fn::")


def substitute(node, replacements: dict[str, object]):
    """The template with references to some resources replaced: `id` and `id.attribute` → a value or a function; inside
    Fn::Sub texts only values can stand in."""
    if isinstance(node, list):
        return [substitute(one, replacements) for one in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (name, argument), = node.items()
        target = argument if name == "Ref" else ".".join(argument) if name == "Fn::GetAtt" else None
        if target in replacements:
            return replacements[target]
        if name == "Fn::Sub":
            text, given = argument if isinstance(argument, list) else (argument, {})
            for reference, value in replacements.items():
                text = text.replace(f"${{{reference}}}", value) if isinstance(value, str) else text
            return {name: [text, substitute(given, replacements)] if given else text}
    return {key: substitute(value, replacements) for key, value in node.items()}
