"""Checks and the table that shows them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Check:
    """One statement about the gateway and whether it held."""

    part: str
    name: str
    ok: bool
    seconds: float = 0.0
    detail: str = ""


def table(checks: Iterable[Check]) -> str:
    rows = [(check.part, check.name, "ok" if check.ok else "FAILED", f"{check.seconds:.1f} s") for check in checks]
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else [0, 0, 0]
    return "\n".join(
        f"{part:<{widths[0]}}  {name:<{widths[1]}}  {result:<{widths[2]}}  {seconds:>8}"
        for part, name, result, seconds in rows
    )
