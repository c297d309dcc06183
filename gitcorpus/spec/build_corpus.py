"""A sound Corpus document to the corpus."""

from typing import Final

from gitcorpus.model.corpus import Corpus, Layout, Origins, Policy, Role, RolePatterns
from gitcorpus.spec.nodes import Fields

ELSEWHERE: Final = ("specs/**", "agreements/**", "LICENSES/**", "*")
"""What may stand outside solutions unless the layout says otherwise."""


def build_corpus(root: Fields) -> Corpus:
    """Build the corpus; unless it says otherwise, the policy branch is protected."""
    policy = root.fields("policy")
    built = _policy(policy) if policy else None
    return Corpus(
        name=root.text("name"),
        layout=_layout(root.fields("layout") or root),
        policy=built,
        origins=_origins(root.fields("origins")),
        protected=root.texts("protected", (f"refs/heads/{built.branch}",) if built else ()),
        place=root.place,
    )


def _policy(fields: Fields) -> Policy:
    owners = fields.fields("owners")
    return Policy(
        branch=fields.text("branch"),
        owners={path: owners.texts(path) for path in owners.entries} if owners else {},
        approvals=fields.whole("approvals") or 0,
        place=fields.place,
    )


def _origins(fields: Fields | None) -> Origins:
    if fields is None:
        return Origins()
    return Origins(moved=fields.flag("moved", default=False), ignored=fields.text("ignore_revs_file"))


def _layout(fields: Fields) -> Layout:
    roles, languages = fields.fields("roles"), fields.fields("languages")
    return Layout(
        solutions=fields.texts("solution"),
        roles=tuple(
            RolePatterns(role=Role(name), patterns=roles.texts(name), place=entry.node.place)
            for name, entry in roles.entries.items()
        )
        if roles
        else (),
        elsewhere=fields.texts("elsewhere", ELSEWHERE),
        languages={ending: languages.text(ending) for ending in languages.entries} if languages else {},
        place=fields.place,
    )
