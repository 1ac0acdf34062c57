"""What STS makes of a token or of a call before trust policies are asked: who is asking, which actions must be allowed, and
what the request's context says (IAM user guide: id_session-tags, id_roles_providers_oidc, reference_policies_iam-condition-keys)."""

from dataclasses import dataclass, field

from .documents import Role

TAGS = "https://aws.amazon.com/tags"
FLAT_TAG = f"{TAGS}/principal_tags/"
ROLES = "https://aws.amazon.com/roles"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
#: The keys of a call that AWS's service authorization reference lists for the permissions beside an assumption.
OWN_KEYS = {
    "sts:TagSession": ("aws:RequestTag/", "aws:TagKeys", "sts:TransitiveTagKeys"),
    "sts:SetSourceIdentity": ("sts:SourceIdentity",),
}
#: Keys that say what is asked for; other `aws:` keys say who asks and whom, and belong to every action.
CALL_KEYS = ("aws:RequestTag/", "aws:TagKeys")


@dataclass(frozen=True)
class Wishes:
    """What a call asks for besides the session itself."""

    tags: dict[str, str] = field(default_factory=dict)
    transitive: list[str] = field(default_factory=list)
    source_identity: str | None = None


def with_token(role: Role, claims: dict) -> list[dict]:
    """The questions behind AssumeRoleWithWebIdentity; each must be allowed."""
    issuer = claims["iss"].removeprefix("https://")
    caller = {"kind": "Federated", "id": f"arn:aws:iam::{role.account}:oidc-provider/{issuer}", "account": role.account}
    # A token that was issued to somebody else than its audience counts as that client's.
    context = {f"{issuer}:aud": claims.get("azp", claims["aud"])}
    context |= {f"{issuer}:{name}": claims[name] for name in ("sub", "email", "amr") if name in claims}
    if ROLES in claims:
        context["sts:RoleAuthorizedByIdp"] = role.arn in listed_roles(claims[ROLES])
    return questions(role, "sts:AssumeRoleWithWebIdentity", caller, context, wishes_of(claims))


def listed_roles(claim: str | list[str]) -> list[str]:
    return claim.split(";") if isinstance(claim, str) else claim


def wishes_of(claims: dict) -> Wishes:
    """Tags come in the nested or in the flattened form."""
    nested = claims.get(TAGS, {})
    tags = {key: only_item(values) for key, values in nested.get("principal_tags", {}).items()}
    tags |= {claim.removeprefix(FLAT_TAG): value for claim, value in claims.items() if claim.startswith(FLAT_TAG)}
    return Wishes(tags, nested.get("transitive_tag_keys", []), claims.get(SOURCE_IDENTITY))


def only_item(values: list[str]) -> str:
    if not isinstance(values, list) or len(values) != 1:
        raise ValueError(f"STS takes a list of one text only, not {values!r}")
    return values[0]


def questions(role: Role, action: str, caller: dict, context: dict, wishes: Wishes, policies: dict | None = None) -> list[dict]:
    """One question for the action and one for each permission that the wishes ask for besides. `policies`: the caller's own."""
    actions = [action]
    context = {"sts:RoleSessionName": "alice", **context}
    if wishes.tags:
        actions.append("sts:TagSession")
        context |= {f"aws:RequestTag/{key}": value for key, value in wishes.tags.items()} | {"aws:TagKeys": list(wishes.tags)}
    if wishes.transitive:
        context["sts:TransitiveTagKeys"] = wishes.transitive
    if wishes.source_identity:
        actions.append("sts:SetSourceIdentity")
        context["sts:SourceIdentity"] = wishes.source_identity
    about_role = {"resource": role.arn, "account": role.account, "resourcePolicy": role.trust, "session": None}
    from_caller = {"caller": caller, "context": context, "identity": [], "boundary": None, **(policies or {})}
    return [{"action": one, **about_role, **from_caller} for one in actions]


def own_keys_only(question: dict) -> dict:
    """The question, knowing only what AWS documents for its action; that of an assumption as it is."""
    if question["action"] not in OWN_KEYS:
        return question
    own = OWN_KEYS[question["action"]]

    def is_known(key: str) -> bool:
        return key.startswith(own) or (key.startswith("aws:") and not key.startswith(CALL_KEYS))

    return question | {"context": {key: value for key, value in question["context"].items() if is_known(key)}}
