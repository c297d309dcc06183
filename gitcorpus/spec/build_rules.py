"""Sound Rules documents to rule packs."""

from gitcorpus.model.corpus import Role
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import Digest
from gitcorpus.model.rules import Nesting, Rule, RulePack
from gitcorpus.spec.nodes import Fields

JUDGED = (Role.SOURCE, Role.TEST)
"""The roles whose files a rule judges, if it names no others."""


def build_rules(root: Fields, name: str, digest: Digest) -> RulePack:
    """Build the pack of one document, under the name by which gates call it."""
    rules = tuple(map(_rule, root.each("rules")))
    return RulePack(
        name=name, languages=root.texts("languages"), rules=rules, digest=digest, place=root.place
    )


def _rule(fields: Fields) -> Rule:
    counted = fields.fields("count_at_most")
    return Rule(
        id=fields.text("id"),
        query=fields.text("query"),
        sentence=fields.text("sentence"),
        hint=fields.text("hint"),
        severity=Severity(fields.text("severity", Severity.BLOCK)),
        roles=tuple(map(Role, fields.texts("roles"))) or JUDGED,
        lines_at_most=fields.whole("lines_at_most"),
        nesting=_nesting(fields.fields("nesting")),
        counted=counted.text("of") if counted else "",
        count_at_most=(counted.whole("n") or 0) if counted else 0,
        inside=fields.texts("inside"),
        not_inside=fields.texts("not_inside"),
        without=fields.text("without"),
        accepted=fields.texts("accepted"),
        refused=fields.texts("refused"),
        place=fields.place,
        query_place=fields.place_of("query"),
    )


def _nesting(fields: Fields | None) -> Nesting | None:
    if fields is None:
        return None
    return Nesting(
        kinds=fields.texts("kinds"), until=fields.texts("until"), at_most=fields.whole("at_most") or 0
    )
