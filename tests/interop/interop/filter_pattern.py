"""CloudWatch Logs filter patterns for JSON, as far as template.yaml uses them: comparisons of one field with a text,
joined by &&. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""

import re

COMPARISON = re.compile(r'\(\$\.([A-Za-z_][A-Za-z0-9_.]*) (=|!=) "([^"]*)"\)')


def matches(pattern: str, line: dict) -> bool:
    """Whether a log line counts. Raises ValueError for a pattern of another form."""
    if not (pattern.startswith("{ ") and pattern.endswith(" }")):
        raise ValueError(pattern)
    return all(_holds(part, line) for part in pattern[2:-2].split(" && "))


def _holds(comparison: str, line: dict) -> bool:
    parsed = COMPARISON.fullmatch(comparison)
    if not parsed:
        raise ValueError(comparison)
    path, operator, text = parsed.groups()
    value = line
    for key in path.split("."):
        # A field that a line doesn't have fulfils no comparison.
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return (value == text) == (operator == "=")
