"""The reader of templates refuses what it would have to guess; otherwise a policy could be judged that never arrives in IAM."""

from ..stack import Stack, TemplateError

PARAMETERS = """
Parameters:
  Team: {Type: String, AllowedPattern: '^[a-z]+$'}
  Mode: {Type: String, Default: one, AllowedValues: [one, two]}
  Regions: {Type: CommaDelimitedList, Default: 'a, b'}
Conditions:
  Second: !Equals [!Ref Mode, two]
Resources:
  Other: {Type: AWS::IAM::Role, Condition: Second, Properties: {}}
  Odd: {Type: AWS::SQS::Queue, Properties: {}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: team, Path: /x/, Value: %s}}
"""
GIVEN = {"Team": "readers"}
#: What a property says → what arrives.
RESOLVED = {
    "!Ref Team": "readers",
    "!Ref Regions": ["a", "b"],
    "!If [Second, x, !Ref 'AWS::NoValue']": None,
    "!Sub 'arn:${AWS::Partition}:${Team}:${!aws:username}'": "arn:aws:readers:${aws:username}",
    "!Sub ['${Team}/${X}', {X: !Select [1, !Ref Regions]}]": "readers/b",
    "!GetAtt Role.Arn": "arn:aws:iam::111122223333:role/x/team",
    "!Join ['-', !Split ['/', 'a/b/c']]": "a-b-c",
    "{Condition: {'Null': {x: !Ref Mode}}}": {"Condition": {"Null": {"x": "one"}}},
    "2012-10-17": "2012-10-17",
}
REFUSED = {
    "an unknown function": "!Cidr [10.0.0.0/8, 1, 8]",
    "an unknown name": "!Ref Nobody",
    "an unknown pseudo parameter": "!Ref AWS::NotificationARNs",
    "an unknown condition": "!If [Third, 1, 2]",
    "an unknown attribute": "!GetAtt Role.RoleId",
    "a resource of an unknown type": "!GetAtt Odd.Arn",
    "a resource whose condition is false": "!Ref Other",
    "a list within a text": "!Sub '${Regions}'",
    "an index beyond the end": "!Select [2, !Ref Regions]",
    "a function with a neighbour": "{Ref: Team, x: 1}",
    "an alias": "[&a b, *a]",
    "a key that is no text": "{Null: 1}",
    "a key twice": "{a: 1, a: 2}",
}
BAD_PARAMETERS = {
    "a parameter that is missing": {},
    "a parameter that nobody declared": GIVEN | {"Group": "x"},
    "a value beyond its pattern": {"Team": "Readers!"},
    "a value that is not allowed": GIVEN | {"Mode": "three"},
}


def checks():
    for text, expected in RESOLVED.items():
        yield f"a template's {text}", lambda text=text, expected=expected: arrives(text, expected)
    for name, text in REFUSED.items():
        yield f"a template is refused: {name}", lambda text=text: is_refused(text, GIVEN)
    for name, given in BAD_PARAMETERS.items():
        yield f"a template is refused: {name}", lambda given=given: is_refused("x", given)


def arrives(text: str, expected) -> None:
    found = Stack(PARAMETERS % text, GIVEN).properties("Role").get("Value")
    assert found == expected, found


def is_refused(text: str, given: dict[str, str]) -> None:
    try:
        found = Stack(PARAMETERS % text, given).properties("Role")
    except TemplateError:
        return
    raise AssertionError(f"taken as {found}")
