"""The tables of cases/iam: each row becomes questions, which are all allowed where the row says allow.

Documents come from the templates, whose texts are handed in: self-tests hand in changed ones."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from ..paths import INTEROP, ROOT
from ..stack import Stack, load_yaml
from . import sts
from .documents import Role, role

CASES = INTEROP / "cases" / "iam"
GATEWAY, MEMBER = "template.yaml", "iam/member-account.yaml"
ACCOUNTS = {GATEWAY: "111122223333", MEMBER: "444455556666"}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
COMMON = {"name", "expect", "why", "cannot", "template", "role", "parameters", "context"}
#: The columns of each table.
COLUMNS = {
    "sessions": COMMON | {"via", "region", "call", "resource", "account", "granted", "attached", "session policy", "resource policy"},
    "gateway": COMMON | {"via", "call", "resource", "resource policy"},
    "sts": COMMON | {"claims", "caller", "tags", "source identity"},
}


@dataclass(frozen=True)
class Case:
    name: str
    allowed: bool
    questions: list[dict] = field(repr=False)
    #: Judge → why it can't judge this.
    cannot: dict[str, str]

    @property
    def table(self) -> str:
        return self.name.split(":")[0]

    @property
    def of_administrator(self) -> bool:
        """Whether the role was granted everything besides."""
        return any(EVERYTHING in question["identity"] for question in self.questions)

    def judges(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self.cannot]


@dataclass(frozen=True)
class Templates:
    """The texts of the templates by their paths."""

    texts: dict[str, str]

    @classmethod
    def read(cls) -> "Templates":
        return cls({path: (ROOT / path).read_text() for path in ACCOUNTS})

    def changed(self, path: str, replace: dict[str, str]) -> "Templates":
        """With these texts replaced everywhere in one template."""
        text = self.texts[path]
        for old, new in replace.items():
            if old not in text:
                raise ValueError(f"{path} does not say {old!r}")
            text = text.replace(old, new)
        return Templates(self.texts | {path: text})

    def stack(self, path: str, parameters: dict) -> Stack:
        return _stack(self.texts[path], json.dumps(parameters, sort_keys=True), ACCOUNTS[path])


@cache
def _stack(text: str, parameters: str, account: str) -> Stack:
    return Stack(text, json.loads(parameters), account=account)


class Table:
    """One file of cases: what its rows share, and the rows."""

    def __init__(self, name: str, templates: Templates):
        self.name, self.templates = name, templates
        self.file = load_yaml((CASES / f"{name}.yaml").read_text())

    def cases(self) -> list[Case]:
        rows = [row for written in self.file["cases"] for row in _one_call_each(written)]
        return [self._case(row) for row in rows]

    def _case(self, row: dict) -> Case:
        if unknown := row.keys() - COLUMNS[self.name]:
            raise ValueError(f"{row['name']}: unknown {unknown}")
        if row["expect"] not in ("allow", "deny") or not row["why"]:
            raise ValueError(f"{row['name']}: needs expect, allow or deny, and why")
        questions = self._assumption(row) if self.name == "sts" else [self._use(row)]
        return Case(f"{self.name}: {row['name']}", row["expect"] == "allow", questions, row.get("cannot", {}))

    def stack(self, row: dict, path: str | None = None) -> Stack:
        """The stack of the row, or the one of this template that goes with it."""
        path = path or row.get("template", GATEWAY)
        own = self.file["parameters"][path]
        declared = load_yaml(self.templates.texts[path])["Parameters"]
        changed = {name: value for name, value in row.get("parameters", {}).items() if name in declared}
        return self.templates.stack(path, own | changed)

    def _use(self, row: dict) -> dict:
        acting = role(self.stack(row), row["role"])
        granted = [EVERYTHING] if row.get("granted") == "everything" else []
        attached = [json.loads((ROOT / row["attached"]).read_text())] if "attached" in row else []
        region = {"aws:RequestedRegion": row.get("region", "us-east-1")}
        return {
            "caller": caller_of(acting),
            "action": row["call"],
            "resource": row["resource"],
            "account": row.get("account") or account_in(row["resource"]) or acting.account,
            "context": region | self.file["routes"][row["via"]] | row.get("context", {}),
            "identity": acting.identity + granted + attached,
            "boundary": acting.boundary,
            "session": self._named(row, "session policy", acting),
            "resourcePolicy": self._named(row, "resource policy", acting),
        }

    def _named(self, row: dict, kind: str, acting: Role) -> dict | None:
        if kind not in row:
            return None
        text = json.dumps(self.file[f"{kind[:-1]}ies"][row[kind]])
        return json.loads(text.replace("${session}", acting.session("alice")).replace("${role}", acting.arn))

    def _assumption(self, row: dict) -> list[dict]:
        wanted = role(self.stack(row), row["role"])
        if "claims" in row:
            return sts.with_token(wanted, self.file["claims"] | row["claims"])
        caller, policies = self._caller(row)
        wishes = sts.Wishes(row.get("tags", {}), [], row.get("source identity"))
        return sts.questions(wanted, "sts:AssumeRole", caller, row.get("context", {}), wishes, policies)

    def _caller(self, row: dict) -> tuple[dict, dict]:
        """Who asks STS, and what its own policies say: of a stranger, that he may do everything."""
        name = row["caller"]
        if name == "the gateway":
            gateway = role(self.stack(row, GATEWAY), "ExecutionRole")
            return caller_of(gateway), {"identity": gateway.identity, "boundary": gateway.boundary}
        if name.endswith(".amazonaws.com"):
            return {"kind": "Service", "id": name, "account": ""}, {}
        return {"kind": "AWS", "id": name, "account": account_in(name)}, {"identity": [EVERYTHING]}


def caller_of(acting: Role) -> dict:
    return {"kind": "AWS", "id": acting.session("alice"), "role": acting.arn, "account": acting.account}


def account_in(arn: str) -> str:
    """Empty where the ARN names no account, as those of buckets, or is `*`."""
    return (arn.split(":") + [""] * 4)[4]


def _one_call_each(row: dict) -> list[dict]:
    """A row with several calls (action: resource) stands for one row each."""
    if "calls" not in row:
        return [row]
    rest = {key: value for key, value in row.items() if key != "calls"}
    calls = row["calls"].items()
    return [rest | {"name": f"{row['name']}: {call}", "call": call, "resource": resource} for call, resource in calls]


def all_cases(templates: Templates) -> list[Case]:
    return [case for name in ("sessions", "gateway", "sts") for case in Table(name, templates).cases()]
