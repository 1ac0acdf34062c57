"""Standard input: YAML; standard output: the same as JSON. Runs where PyYAML is installed.

CloudFormation's short forms (`!Ref x`) become their long ones. As there, dates stay text, and aliases and merge keys are
errors. So is what reads like a text key but is none: `Null:`, `on:`."""

import json
import sys

import yaml


NOT_TAKEN = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}


class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in NOT_TAKEN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent, index):
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError(f"an alias, which CloudFormation doesn't take\n{self.peek_event().start_mark}")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {str(key) for key in keys if keys.count(key) > 1}:
            raise yaml.YAMLError(f"{', '.join(sorted(twice))} twice\n{node.start_mark}")
        if other := [key for key in keys if not isinstance(key, str)]:
            raise yaml.YAMLError(f"a key reads as {other[0]!r}; quote it\n{node.start_mark}")
        return super().construct_mapping(node, deep=True)


def intrinsic(loader: Loader, name: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", intrinsic)

if __name__ == "__main__":
    try:
        print(json.dumps(yaml.load(sys.stdin.read(), Loader)))
    except yaml.YAMLError as error:
        sys.exit(str(error))
