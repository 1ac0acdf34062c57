"""What README and docs say is so: links lead somewhere; every test, case, reason and field that is named exists; every reason
is explained; every policy is quoted from the file that is deployed."""

import re

from .. import quotes
from ..documents import Refusal, anchors, code_words, declares, links, pages, refusals, vocabulary
from ..paths import ROOT
from ..self_test import must_fail

SECURITY_MODEL = ROOT / "docs" / "security-model.md"
OPERATIONS = ROOT / "docs" / "operations.md"
TRUST_POLICIES = ROOT / "docs" / "trust-policies.md"
LINKS = "relative links lead to a file and a heading"
TESTS = "every line of the security model names a test that is there"
REASONS = "operations.md explains every reason under its status"
MESSAGES = "operations.md quotes messages as they are"
WORDS = "names in the code's writing are the code's, the template's or AWS's"
QUOTED = "every policy is a quote"
CURRENT = "every quote is what its file has now"

REASON_HEADING = re.compile(r"^### `(\w+)` \((\d{3})\)$", re.MULTILINE)
MESSAGE = re.compile(r"^> (.+)$|^\| `(.+?)` \| [^|]*\|$", re.MULTILINE)


def checks():
    return checks_of({page: page.read_text() for page in pages()})


def checks_of(texts: dict):
    """Checks of these pages' texts."""
    yield LINKS, lambda: links_lead_somewhere(texts)
    yield TESTS, lambda: lines_name_tests(texts[SECURITY_MODEL])
    yield REASONS, lambda: reasons_are_explained(texts[OPERATIONS])
    yield MESSAGES, lambda: messages_are_quoted(texts[OPERATIONS])
    yield WORDS, lambda: words_are_known(texts[SECURITY_MODEL] + texts[OPERATIONS] + texts[TRUST_POLICIES])
    yield QUOTED, lambda: policies_are_quotes(texts)
    yield CURRENT, lambda: quotes_are_current(texts)


def links_lead_somewhere(texts: dict) -> None:
    for page, text in texts.items():
        for link in links(page, text):
            assert link.file.exists(), f"{link}: there is no such file"
            if link.anchor:
                target = texts.get(link.file) or link.file.read_text()
                assert link.anchor in anchors(target), f"{link}: there is no such heading"


def lines_name_tests(text: str) -> None:
    lines = [line for line in text.splitlines() if line.startswith("| **Can")]
    assert lines
    for line in lines:
        shown_by = line.split(" | ")[-1]
        tests = list(links(SECURITY_MODEL, shown_by))
        assert tests, f"no test shows: {line}"
        for test in tests:
            assert declares(test.file, test.text.strip("`")), f"{test}: there is no such test"


def reasons_are_explained(text: str) -> None:
    explained = set(REASON_HEADING.findall(text))
    expected = {(refusal.reason, refusal.status) for refusal in refusals()}
    assert explained == expected, f"missing or wrong: {explained ^ expected}"


def messages_are_quoted(text: str) -> None:
    _, *sections = re.split(REASON_HEADING.pattern, text, flags=re.MULTILINE)
    known = refusals()
    for reason, body in zip(sections[::3], sections[2::3], strict=True):
        messages = [quoted or listed for quoted, listed in MESSAGE.findall(body.split("\n## ")[0])]
        assert messages, f"{reason}: no message"
        for message in messages:
            assert any(is_said(message, one) for one in known if one.reason == reason), f"{reason}: no refusal says {message!r}"


def is_said(quoted: str, refusal: Refusal) -> bool:
    """A quote may leave out what follows …"""
    beginning = quoted.removesuffix("…")
    return refusal.message.startswith(beginning) if beginning != quoted else refusal.message == quoted


def words_are_known(text: str) -> None:
    unknown = code_words(text) - vocabulary()
    assert not unknown, f"nothing is called so: {unknown}"


def policies_are_quotes(texts: dict) -> None:
    for page, text in texts.items():
        for typed in quotes.typed_policies(text):
            raise AssertionError(f"{page.name}: this policy is typed, not quoted\n{typed}")


def quotes_are_current(texts: dict) -> None:
    assert any(quotes.QUOTE.search(text) for text in texts.values())
    for page, text in texts.items():
        assert quotes.written(text) == text, f"{page.name}: run tests/interop/run --write-quotes"


#: What is wrong, in which page, what is replaced by what, which check must notice.
MISTAKES = [
    ("a link to a file that is not there", OPERATIONS, "](clients.md)", "](customers.md)", LINKS),
    ("a link to a heading that is not there", OPERATIONS, "(#runbook)", "(#run-book)", LINKS),
    ("a test that is not there", SECURITY_MODEL, "`good_tokens_pass`", "`bad_tokens_pass`", TESTS),
    ("a line without a test", SECURITY_MODEL, " | [`what_is_public_does_show`](../tests/end_to_end/secrets.rs) |", " | experience |", TESTS),
    ("a case that is not there", SECURITY_MODEL, "[`role chaining`]", "[`role changing`]", TESTS),
    ("a check that is not there", SECURITY_MODEL, "[`the request is signed", "[`a request is signed", TESTS),
    ("a reason left out", OPERATIONS, "### `internal` (500)", "### Internal", REASONS),
    ("a wrong status", OPERATIONS, "### `sts_denied` (403)", "### `sts_denied` (401)", REASONS),
    ("another message", OPERATIONS, "> there is nothing at this path", "> nothing is at this path", MESSAGES),
    ("a field that is not there", OPERATIONS, "`access_key_id`", "`access_key_number`", WORDS),
    ("a policy typed in", TRUST_POLICIES, "```json\n", '```json\n{"Statement": []}\n```\n\n```json\n', QUOTED),
    ("a policy changed by hand", TRUST_POLICIES, '"sts:TagSession"', '"sts:tagsession"', CURRENT),
]


def sabotages():
    texts = {page: page.read_text() for page in pages()}
    for what, page, old, new, victim in MISTAKES:

        def noticed(page=page, old=old, new=new, victim=victim):
            assert old in texts[page], f"{page.name} has no {old!r}"
            must_fail(checks_of(texts | {page: texts[page].replace(old, new, 1)}), victim)

        yield f"notices: {what}", noticed
