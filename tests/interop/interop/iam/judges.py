"""The evaluators, each a program of its own: iam-simulate is under the AGPL and nothing is ever linked with it. A question
is one action on one resource with every policy that has a say; clients/iam_rs/src/question.rs names its parts."""

import json

from .. import installed
from ..processes import run

JUDGE_SECONDS = 300


def iam_simulate(questions: list[dict]) -> list[dict]:
    return _answers(installed.script("iam", "clients/iam/judge.mjs"), questions)


def iam_rs(questions: list[dict]) -> list[dict]:
    return _answers([installed.crate("iam_rs")], questions)


JUDGES = {"iam-simulate": iam_simulate, "iam-rs": iam_rs}


def unknown_actions(patterns: list[str]) -> list[str]:
    """The patterns that match no action in AWS's service authorization reference."""
    return _ask(installed.script("iam", "clients/iam/actions.mjs"), patterns)


def _answers(command: list, questions: list[dict]) -> list[dict]:
    answers = _ask(command, questions)
    assert len(answers) == len(questions), (len(answers), len(questions))
    return answers


def _ask(command: list, questions: list) -> list:
    done = run(command, stdin=json.dumps(questions), seconds=JUDGE_SECONDS)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)
