"""Runs the parts one after the other, prints one table, and fails if a single check failed or none ran."""

import argparse
import importlib
import pkgutil
import signal
import sys
import time
import traceback

from . import documents, parts, quotes
from .report import Check, table

PARTS = sorted(module.name for module in pkgutil.iter_modules(parts.__path__))


def run_part(name: str, self_test: bool) -> list[Check]:
    """A part is a module with `checks()` and `sabotages()`: generators of (name, function). A check holds when its
    function returns; it fails when the function raises. A sabotage breaks one thing and holds when the part's own
    checks notice."""
    module = importlib.import_module(f".parts.{name}", __package__)
    results = []
    began = time.monotonic()
    try:
        for label, check in module.sabotages() if self_test else module.checks():
            began = time.monotonic()
            results.append(run_check(name, label, check))
            began = time.monotonic()
    except Exception:
        results.append(failed(name, "set-up", began))
    return results


def run_check(part: str, label: str, check) -> Check:
    began = time.monotonic()
    try:
        check()
    except Exception:
        return failed(part, label, began)
    return Check(part, label, True, time.monotonic() - began)


def failed(part: str, label: str, began: float) -> Check:
    return Check(part, label, False, time.monotonic() - began, traceback.format_exc())


def main() -> int:
    # A run that is told to stop stops what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="tests/interop/run", description=__doc__)
    parser.add_argument("--only", metavar="PART", action="append", choices=PARTS, help="run this part (repeatable)")
    parser.add_argument("--list", action="store_true", help="name the parts")
    parser.add_argument("--write-quotes", action="store_true", help="write the policies in README and docs anew")
    parser.add_argument("--self-test", action="store_true", help="break one thing at a time; each must be noticed")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(PARTS))
        return 0
    if arguments.write_quotes:
        print("\n".join(str(page) for page in quotes.update(documents.pages())))
        return 0
    checks = []
    for name in arguments.only or PARTS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        checks += run_part(name, arguments.self_test)
    for check in checks:
        if not check.ok:
            print(f"\n{check.part}: {check.name}\n{check.detail}", file=sys.stderr)
    print(table(checks))
    lost = sum(not check.ok for check in checks)
    print(f"\n{len(checks) - lost} passed, {lost} failed")
    return 1 if lost or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
