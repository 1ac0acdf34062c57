"""docs/clients.md as something to check: its tested snippets and its table of behaviours."""

import re

from .paths import ROOT

PAGE = ROOT / "docs" / "clients.md"
SNIPPET = re.compile(r"<!-- tested: (\S+) -->\n+```\w*\n(.*?)```", re.DOTALL)


def snippets() -> list[tuple[str, str]]:
    """(path of the file that a snippet is from, the snippet)."""
    return SNIPPET.findall(PAGE.read_text())


def is_part_of(snippet: str, source: str) -> bool:
    """Whether the snippet's lines follow one another in the source, whatever the indentation."""
    wanted, lines = stripped(snippet), stripped(source)
    return any(lines[start : start + len(wanted)] == wanted for start in range(len(lines)))


def stripped(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def behaviours() -> dict[tuple[str, str], dict[str, str]]:
    """(client, revision) to what it does, by column."""
    rows = [
        [cell.strip() for cell in line.strip("| \n").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("|")
    ]
    start = next(number for number, row in enumerate(rows) if row[:2] == ["client", "revision"])
    columns, body = rows[start][2:], rows[start + 2 :]
    return {(row[0], row[1]): dict(zip(columns, row[2:], strict=True)) for row in body if len(row) == len(columns) + 2}
