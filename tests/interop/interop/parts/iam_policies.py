"""What the templates' roles may do and who may become one, judged by two IAM evaluators that have nothing in common:
iam-simulate (TypeScript, checks actions, resources and context keys against AWS's service reference) and iam-rs (Rust).
The same of the roles that `rolecall iam render` writes.

The cases are tables in cases/iam. Both must say what the table says; where one can't express a case, the table says why,
and its name says who judged it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..iam import rendered, strictness, structure
from ..iam.judges import JUDGES
from ..iam.sts import own_keys_only
from ..iam.table import CASES, EVERYTHING, Case, Templates, all_cases
from ..self_test import must_fail
from ..stack import load_yaml

JUDGED_BY_ALL = 40


@dataclass
class Judged:
    case: Case
    #: Judge → whether it allows, or what it says instead of a judgement.
    verdicts: dict[str, bool | str]


def judge(cases: list[Case]) -> list[Judged]:
    """Asks every judge about every case, even where the table says that one can't judge it."""
    questions = [question for case in cases for question in case.questions]
    answers = {name: iter(ask(questions)) for name, ask in JUDGES.items()}
    return [Judged(case, {name: verdict(case, given) for name, given in answers.items()}) for case in cases]


def verdict(case: Case, answers: Iterator[dict]) -> bool | str:
    """Takes as many answers as the case has questions."""
    own = [next(answers) for _ in case.questions]
    failures = [answer["error"] for answer in own if "error" in answer]
    return failures[0] if failures else all(answer["decision"] == "allow" for answer in own)


def checks():
    yield from strictness.checks()
    templates = Templates.read()
    yield from structure.checks(templates)
    cases = all_cases(templates)
    for one in judge(cases):
        outcome = "allowed" if one.case.allowed else "denied"
        judges = " and ".join(one.case.judges(JUDGES))
        yield f"{one.case.name}: {outcome} [{judges}]", lambda one=one: is_as_expected(one)
    yield "rendered guardrail and boundary are the templates', word for word", lambda: rendered.same_limits(templates)
    for one in judge(rendered.cases()):
        outcome = "allowed" if one.case.allowed else "denied"
        yield f"{one.case.name}: {outcome}", lambda one=one: is_as_expected(one)
    yield f"at least {JUDGED_BY_ALL} cases are judged by all evaluators", lambda: enough_are_judged_by_all(cases)
    yield "administrators' sessions are denied by guardrail and boundary only", lambda: denials_are_the_limits(cases)
    yield "tags and source identities need no key that STS may keep from them", lambda: permissions_stand_alone(cases)


def is_as_expected(one: Judged) -> None:
    for name, verdict in one.verdicts.items():
        if name in one.case.cannot:
            assert verdict is not one.case.allowed, f"{name} judges this now: {one.case.cannot[name]!r} is out of date"
        else:
            assert verdict is one.case.allowed, f"{name}: {verdict}\n{json.dumps(one.case.questions, indent=1)}"


def enough_are_judged_by_all(cases: list[Case]) -> None:
    names = [case.name for case in cases if not case.cannot]
    assert len(names) == len(set(names)) >= JUDGED_BY_ALL, len(names)


def denials_are_the_limits(cases: list[Case]) -> None:
    """Without them the same calls are allowed: no case is denied for a reason that the table doesn't mean."""
    bare = {"identity": [EVERYTHING], "boundary": None}
    denied = [case for case in cases if case.table == "sessions" and case.of_administrator and not case.allowed]
    assert len(denied) > JUDGED_BY_ALL, len(denied)
    for one in judge([replace(case, allowed=True, questions=[case.questions[0] | bare]) for case in denied]):
        is_as_expected(one)


def permissions_stand_alone(cases: list[Case]) -> None:
    """AWS documents which keys TagSession and SetSourceIdentity know; that they see those of the whole call is likely only."""
    assumed = [case for case in cases if case.allowed and len(case.questions) > 1]
    assert len(assumed) > len(JUDGES), assumed
    for one in judge([replace(case, questions=list(map(own_keys_only, case.questions))) for case in assumed]):
        is_as_expected(one)


def sabotages():
    for sabotage in load_yaml((CASES / "sabotages.yaml").read_text()):
        yield f"notices: {sabotage['name']}", lambda sabotage=sabotage: is_noticed(sabotage)
    for change, victim in rendered.MISTAKES.items():
        yield f"notices: rendered with {change[1]} for {change[0]}", lambda change=change, victim=victim: turns(change, victim)


def turns(change: tuple[str, str], victim: str) -> None:
    """The case comes out the other way in every format and by every judge."""
    turned = [case for case in rendered.mistaken(*change) if case.name.endswith(f": {victim}")]
    assert len(turned) == len(rendered.FORMATS), turned
    for one in judge(turned):
        for name, verdict in one.verdicts.items():
            assert verdict is (not one.case.allowed), f"{name} still says {verdict} of {one.case.name!r}"


def is_noticed(sabotage: dict) -> None:
    broken = Templates.read().changed(sabotage["in"], sabotage["replace"])
    turned, breaks = sabotage.get("turns", []), sabotage.get("breaks", [])
    if not turned and not breaks:
        raise ValueError("nothing is to notice this")
    for name in breaks:
        must_fail(structure.checks(broken), name)
    by_name = {case.name: case for case in all_cases(broken)}
    for one in judge([by_name[name] for name in turned]):
        for judge_name, verdict in one.verdicts.items():
            assert verdict is (not one.case.allowed), f"{judge_name} still says {verdict} of {one.case.name!r}"
