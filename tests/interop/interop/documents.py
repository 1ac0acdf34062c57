"""README and docs as something to check: their links, and the names of tests, reasons and other words of the code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .paths import ROOT

CODE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<!!)\[((?:`[^`]*`|[^\[\]])*)\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
#: Names that pages need and the code doesn't.
AWS_NAMES = {"AWSRevokeOlderSessions", "AwsMcpEvent"}
#: How a test, a check and a case are declared where their names stand.
DECLARATIONS = {
    ".rs": r"#\[(?:tokio::)?test(?:\(.*\))?\]\s+(?:async )?fn {name}\(",
    ".py": r'yield f?"{name}"',
    ".yaml": r"""^\s*- (?:\{{)?name: (?:"{name}"|'{name}'|{name})(?:,|\}}|$| +#)""",
}


@dataclass(frozen=True)
class Link:
    """`[text](target#anchor)` in a page."""

    page: Path
    text: str
    target: str
    anchor: str

    @property
    def file(self) -> Path:
        return (self.page.parent / self.target).resolve() if self.target else self.page

    def __str__(self) -> str:
        return f"{self.page.name}: [{self.text}]({self.target}{'#' if self.anchor else ''}{self.anchor})"


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def links(page: Path, text: str) -> Iterator[Link]:
    """The relative links in a page's text, outside of its code blocks."""
    for shown, target in LINK.findall(CODE.sub("", text)):
        if not re.match(r"\w+:", target):
            path, _, anchor = target.partition("#")
            yield Link(page, shown, path, anchor)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of this page."""
    shown = (LINK.sub(r"\1", heading).strip().lower() for heading in HEADING.findall(CODE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in shown}


def declares(file: Path, name: str) -> bool:
    """Whether the file has a test, a check or a case of this name."""
    declaration = DECLARATIONS[file.suffix].format(name=re.escape(name))
    return re.search(declaration, file.read_text(), re.MULTILINE) is not None


@dataclass(frozen=True)
class Refusal:
    """A row of the table of refusals with one of its messages."""

    reason: str
    status: str
    message: str


def refusals() -> set[Refusal]:
    """Read from the snapshot of the table."""
    folder = ROOT / "shared" / "src" / "rejection" / "snapshots"
    [snapshot] = folder.glob("*every_refusal_names_reason_status_and_remedy.snap")
    rows = re.findall(r"^(\d{3}) (\w+) .*\n    (.+)$", snapshot.read_text(), re.MULTILINE)
    return {Refusal(reason, status, message) for status, reason, message in rows}


def code_words(text: str) -> set[str]:
    """What stands between backticks, is one word of several parts (`like_this`, `LikeThis`) and is no link: names that the
    code, the template or AWS must have."""
    words = re.findall(r"`(\w+)[`=]", LINK.sub("", CODE.sub("", text)))
    return {word for word in words if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+|([A-Z]+[a-z0-9]+){2,}", word)}


def vocabulary() -> set[str]:
    """Every word of the code and the templates, and further names of AWS."""
    folders = (ROOT / "shared" / "src", ROOT / "functions" / "gateway" / "src", ROOT / "iam")
    files = [ROOT / "template.yaml", *(file for folder in folders for file in folder.rglob("*.*"))]
    return AWS_NAMES | {word for file in files for word in re.findall(r"\w+", file.read_text())}
