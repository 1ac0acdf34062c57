"""What `--self-test` shares: a broken thing must make a check fail."""

from collections.abc import Callable, Iterable


def must_fail(checks: Iterable[tuple[str, Callable]], victim: str) -> None:
    """Raises unless the check of this name fails, by an assertion of its own."""
    check = dict(checks)[victim]
    try:
        check()
    except AssertionError:
        return
    raise RuntimeError(f"{victim!r} holds although something is broken")
