"""A template as SAM hands it to CloudFormation. A second opinion beside moto, and the only one on resources that moto
does not know."""

from functools import cached_property

from .stack import Stack, refusal_of, value_of


class Resolved(Stack):
    """A template (as JSON) with parameters, pseudo parameters among them. `known` maps logical ids and `id.attribute` to
    values of a real stack; what is not there becomes `<id>` or `<id.attribute>`. Parameters and rules that refuse are told,
    not raised."""

    def __init__(self, template: dict, parameters: dict[str, str], known: dict[str, str] | None = None):
        self.template, self.known = template, known or {}
        self.given = {name: value for name, value in parameters.items() if not name.startswith("AWS::")}
        self.name = parameters.get("AWS::StackName", "rolecall")
        self.region = parameters.get("AWS::Region", "us-east-1")
        self.account = "123456789012"
        self.parameters = {
            name: value_of(name, declared, self.given) for name, declared in template.get("Parameters", {}).items()
        }

    @cached_property
    def created(self) -> dict[str, dict]:
        """The resources that are created, with everything in them resolved."""
        return {
            name: {key: self.resolve(part) for key, part in resource.items() if key != "Condition"}
            for name, resource in self.template["Resources"].items()
            if self.exists(name)
        }

    def of_type(self, kind: str) -> dict[str, dict]:
        """Logical id → properties."""
        created = self.created.items()
        return {name: resource.get("Properties", {}) for name, resource in created if resource["Type"] == kind}

    def violated_rules(self) -> set[str]:
        return {name for name, rule in self.template.get("Rules", {}).items() if self.violation(rule)}

    def refused_parameters(self) -> set[str]:
        declared = self.template["Parameters"].items()
        return {name for name, parameter in declared if refusal_of(name, parameter, self.given)}

    def _identity(self, logical_id: str, part: str) -> str:
        path = logical_id if part == "Ref" else f"{logical_id}.{part}"
        return self.known.get(path, f"<{path}>")

    def _beyond(self, items: list, index) -> str:
        # What is not known can't be taken apart.
        return "<beyond the list>"


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
