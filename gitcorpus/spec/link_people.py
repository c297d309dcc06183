"""People and agreements: ids and addresses that stand once, agreements that are declared and can be read."""

from base64 import b64decode
from collections.abc import Callable, Iterator

from gitcorpus.model.finding import Finding
from gitcorpus.spec.brief import brief
from gitcorpus.spec.documents import Documents, twice, unknown
from gitcorpus.spec.link_curriculum import empty_days
from gitcorpus.spec.nodes import Scalar
from gitcorpus.spec.select import select_texts


def link_people(specs: Documents, exists: Callable[[str], bool]) -> Iterator[Finding]:
    """Find what is wrong across contributors; `exists` tells whether a path is a file of the tree."""
    kind = "Contributors"
    yield from twice(specs.texts(kind, "people[].id"), code="duplicate-person")
    yield from twice(specs.texts(kind, "agreements[].id"), code="duplicate-agreement")
    yield from _emails(specs)
    yield from _accounts(specs)
    yield from _keys(specs)
    if specs.declares_all(kind):
        known = specs.names(kind, "agreements[].id")
        yield from unknown(specs.texts(kind, "people[].agreements[].id"), known, code="unknown-agreement")
    for term in specs.fields(kind, "people[].agreements[]"):
        yield from empty_days(term, "from", "until")
    for node in specs.texts(kind, "agreements[].text"):
        if not exists(node.text):
            sentence = f"the text of the agreement is not in the tree: {brief(node.text)}"
            yield node.finding("no-agreement-text", sentence, "commit the file, or mend the path")


def _accounts(specs: Documents) -> Iterator[Finding]:
    """Find an account of two people; without `accounts`, a person's id is the account."""
    first: dict[str, Scalar] = {}
    for person in specs.fields("Contributors", "people[]"):
        given = tuple(select_texts(person, "accounts[]"))
        for node in given if person.get("accounts") else select_texts(person, "id"):
            before = first.setdefault(node.text, node)
            if before is not node and (given or "accounts" in before.route):
                sentence = f"the account {brief(node.text)} is that of {before.place} already"
                hint = "an account belongs to one person; `accounts: []` is for a person who never pushes"
                yield node.finding("duplicate-account", sentence, hint)


def _keys(specs: Documents) -> Iterator[Finding]:
    """Find keys that no signature can bear, and one that two people have."""
    first: dict[str, Scalar] = {}
    for node in specs.texts("Contributors", "people[].keys[]"):
        kind, _, rest = node.text.partition(" ")
        encoded = rest.partition(" ")[0]
        if not _is_key(kind, encoded):
            sentence = f"this is no public key of the type {brief(kind)}"
            yield node.finding("bad-key", sentence, "paste the line of the file that ends in `.pub`")
            continue
        before = first.setdefault(encoded, node)
        if before is not node:
            sentence = f"the key stands at {before.place} already"
            yield node.finding("duplicate-key", sentence, "a key belongs to one person, once")


def _is_key(kind: str, encoded: str) -> bool:
    """Tell whether a key begins with its type, as OpenSSH writes all of them."""
    try:
        data = b64decode(encoded, validate=True)
    except ValueError:
        return False
    return data.startswith(len(kind).to_bytes(4) + kind.encode()) and len(data) > len(kind) + 4


def _emails(specs: Documents) -> Iterator[Finding]:
    first: dict[str, Scalar] = {}
    for person in specs.fields("Contributors", "people[]"):
        for node in select_texts(person, "emails[]"):
            before = first.setdefault(node.text.lower(), node)
            if before is not node:
                sentence = f"the address {brief(node.text)} stands at {before.place} already"
                yield node.finding("duplicate-email", sentence, "an address belongs to one person, once")
