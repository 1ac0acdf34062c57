"""Policies in README and docs are quotes: a comment names where one comes from, and the block after it is generated.

    <!-- from template.yaml: TeamRole.AssumeRolePolicyDocument, TrustBy=roles-claim -->
    <!-- from template.yaml: McpBoundary.PolicyDocument.Statement.OtherRegions -->
    <!-- from iam/revoke-older-sessions.json -->

Behind a template's name stands a resource and the way from its properties; a step into a list is a number or a `Sid`. Then
the parameters that differ from `EXAMPLE`."""

import json
import re
from pathlib import Path

from .documents import CODE
from .paths import ROOT
from .stack import Stack

QUOTE = re.compile(r"^<!-- from (\S+?)(?:: ([\w.]+)((?:, \w+=[^,\n]+)*))? -->\n(?:\n?```json\n.*?^```\n)?", re.DOTALL | re.MULTILINE)
EXAMPLE = {
    "Issuer": "https://idp.example.com",
    "TeamBucket": "team-data",
    "AllowedRegions": "us-east-1,eu-central-1",
}
WIDTH = 118


def written(text: str) -> str:
    """The page with every quote as its source has it now."""
    return QUOTE.sub(lambda match: quote(*match.groups()), text)


def quote(file: str, path: str | None, changes: str | None) -> str:
    origin = f"{file}: {path}{changes}" if path else file
    return f"<!-- from {origin} -->\n\n```json\n{laid_out(value_of(file, path, changes or ''))}\n```\n"


def value_of(file: str, path: str | None, changes: str):
    if path is None:
        return json.loads((ROOT / file).read_text())
    parameters = EXAMPLE | dict(change.split("=", 1) for change in changes.split(", ")[1:])
    resource, *steps = path.split(".")
    value = Stack.read(ROOT / file, parameters).properties(resource)
    for step in steps:
        value = inside(value, step)
    return json.loads(value) if isinstance(value, str) else value


def inside(value, step: str):
    if isinstance(value, dict):
        return value[step]
    if step.isdigit():
        return value[int(step)]
    [found] = [item for item in value if item.get("Sid") == step]
    return found


def laid_out(value, indent: str = "", name: str = "") -> str:
    """JSON with everything on one line that has room there; a member begins with its name."""
    line = name + json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        opening, closing = "{}"
        items = [laid_out(item, deeper, f"{json.dumps(key)}: ") for key, item in value.items()]
    else:
        opening, closing = "[]"
        items = [laid_out(item, deeper) for item in value]
    body = ",\n".join(deeper + item for item in items)
    return f"{name}{opening}\n{body}\n{indent}{closing}"


def typed_policies(text: str) -> list[str]:
    """Code blocks of a page that look like an IAM policy, or a statement of one, and are no quote."""
    return [code for _, _, code in CODE.findall(QUOTE.sub("", text)) if re.search(r"""["']?\b(Statement|Effect)\b["']?\s*:""", code)]


def update(pages: list[Path]) -> list[Path]:
    """Writes the quotes of these pages anew; says which pages changed."""
    changed = []
    for page in pages:
        text = page.read_text()
        if (now := written(text)) != text:
            page.write_text(now)
            changed.append(page)
    return changed
