"""Sound SecretRules documents to packs."""

from gitcorpus.model.place import Digest
from gitcorpus.model.secret import SecretPack, SecretRule, Tier
from gitcorpus.spec.nodes import Fields


def build_secret_rules(root: Fields, digest: Digest) -> SecretPack:
    """Build the pack of one document."""
    rules = tuple(map(_rule, root.each("rules")))
    return SecretPack(name=root.text("id"), rules=rules, digest=digest, place=root.place)


def _rule(fields: Fields) -> SecretRule:
    return SecretRule(
        id=fields.text("id"),
        title=fields.text("title"),
        pattern=fields.text("pattern"),
        tier=Tier(fields.text("tier", Tier.KNOWN)),
        min_entropy=fields.number("min_entropy", 0.0),
        min_digits=fields.whole("min_digits") or 0,
        ignored=fields.texts("ignored"),
        accepted=fields.texts("accepted"),
        refused=fields.texts("refused"),
        place=fields.place,
    )
