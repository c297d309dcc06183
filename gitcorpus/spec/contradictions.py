"""What each field may say alone and the fields together cannot mean: quotas, waivers, gates, lists.

None of it stops the specs from loading. It is found when specs are checked and when a push brings them.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.language import ENDINGS
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.globs import matches
from gitcorpus.spec.layout import COMPANIONS
from gitcorpus.spec.link_curriculum import known_languages
from gitcorpus.spec.link_rules import named_packs
from gitcorpus.spec.nodes import Fields, Items, Scalar
from gitcorpus.spec.select import select, select_keys, select_texts
from gitcorpus.spec.sources import READY

_LISTS: Final = (
    ("Corpus", ("layout.elsewhere", "protected", "layout.solution", "layout.roles{}", "policy.owners{}")),
    ("Curriculum", ("units[].tasks[].languages", "units[].tasks[].techniques", "units[].discover.languages",
                    "units[].discover.techniques")),
    ("Gates", ("extends", "gates[].paths", "gates[].languages", "gates[].refs")),
    ("Contributors", ("people[].keys", "people[].roles", "people[].accounts")),
    ("Release", ("select.paths",)),
    ("Rules", ("languages", "rules[].roles")),
    ("View", ("families",)),
    ("Waivers", ("waivers[].paths", "waivers[].contents")),
)  # fmt: skip
"""Lists of names and globs, in which nothing need stand twice."""
_EMPTY_IS_ALL: Final = ("gates[].paths", "gates[].languages", "gates[].refs")
_NARROWING: Final = ("when", "severity", "paths", "languages", "refs")


@cache
def known_codes() -> tuple[str, ...]:
    """Return the codes that the manual explains."""
    pages = (path.read_text(encoding="utf-8") for path in sorted(shipped_path("codes").glob("*.md")))
    return tuple(code for page in pages for code in re.findall(r"^## ([a-z0-9-]+)$", page, re.MULTILINE))


class Standing(NamedTuple):
    """What holds whatever specs declare: gates that always judge, and gates whose findings no waiver lets through."""

    always: tuple[str, ...] = ()
    unwaivable: tuple[str, ...] = ()


def link_contradictions(specs: Documents, standing: Standing, today: date) -> Iterator[Finding]:
    """Find values that cannot be meant together."""
    own = Documents(specs.own)
    for unit in own.fields("Curriculum", "units[]"):
        if specs.declares_all("Curriculum"):
            yield from _quota(unit)
        yield from _window(unit)
    yield from _repeated(own)
    yield from _empty(own)
    yield from _corpus(own)
    yield from _always(own, standing)
    yield from _waivers(own, specs, standing, today)
    yield from _languages(own, specs)
    yield from _unused(own, specs)


def _quota(unit: Fields) -> Iterator[Finding]:
    quota = unit.fields("quota")
    if quota is None:
        return
    total, node = quota.whole("solutions"), quota.get("solutions")
    if node is not None and total == 0:
        sentence = "the unit wants no solution"
        yield node.finding(
            "quota-of-none", sentence, "leave `quota` out, or say how many are wanted", Severity.WARN
        )
    groups = [*unit.each("tasks"), *([found] if (found := unit.fields("discover")) else [])]
    for field, inner in (("per_language", "languages"), ("per_technique", "techniques")):
        offered = [frozenset(each.text for each in select_texts(group, f"{inner}[]")) for group in groups]
        wanted = quota.fields(field)
        if wanted is None:
            continue
        yield from _unreachable(wanted, offered, inner)
        most = max((len(each) for each in offered), default=0) if field == "per_technique" else 1
        numbers = quota.wholes(field)
        if (
            total
            and numbers
            and (sum(numbers.values()) > total * max(most, 1) or max(numbers.values()) > total)
        ):
            sentence = (
                f"`{field}` adds up to {sum(numbers.values())}, and the unit wants {total} solutions in all"
            )
            yield quota.entries[field].key.finding(
                "quota-over-total", sentence, "raise `solutions`, or lower these"
            )


def _unreachable(wanted: Fields, offered: list[frozenset[str]], what: str) -> Iterator[Finding]:
    """Find what a quota wants and no task of the unit gives."""
    known = frozenset[str]().union(*offered)
    for key in (entry.key for entry in wanted.entries.values()):
        if key.text not in known:
            sentence = f"no task of the unit has {brief(key.text)} in its `{what}`"
            yield key.finding(
                "quota-out-of-reach",
                sentence,
                did_you_mean(key.text, sorted(known)) or "add a task, or take it out",
            )


def _window(unit: Fields) -> Iterator[Finding]:
    window = unit.fields("window")
    if window is not None and not window.entries:
        yield window.finding(
            "empty-window", "the window has no day", "add `from` and `to`, or leave it out", Severity.WARN
        )


def _repeated(own: Documents) -> Iterator[Finding]:
    for kind, paths in _LISTS:
        for path in paths:
            for node in own.nodes(kind, path):
                yield from _twice_in(node.nodes if isinstance(node, Items) else ())


def _twice_in(nodes: Iterable[object]) -> Iterator[Finding]:
    first: dict[str, Scalar] = {}
    for node in nodes:
        if isinstance(node, Scalar) and first.setdefault(node.text, node) is not node:
            sentence = f"{brief(node.text)} stands in the list already, on line {first[node.text].line}"
            yield node.finding("repeated-item", sentence, "remove one of the two", Severity.WARN)


def _empty(own: Documents) -> Iterator[Finding]:
    for path in _EMPTY_IS_ALL:
        for node in own.nodes("Gates", path):
            if isinstance(node, Items) and not node.nodes:
                name = path.rpartition(".")[2]
                sentence = f"an empty `{name}` does not narrow the gate: it judges all of them"
                yield node.finding(
                    "empty-list", sentence, f"leave `{name}` out, or remove the gate", Severity.WARN
                )


def _corpus(own: Documents) -> Iterator[Finding]:
    for root in own.roots("Corpus"):
        elsewhere = next(select(root, "layout.elsewhere"), None)
        globs = [node.text for node in select_texts(root, "layout.elsewhere[]")]
        if elsewhere is not None and not any(matches(glob, root.sheet.path) for glob in globs):
            sentence = (
                f"`elsewhere` has no room for {brief(root.sheet.path)} itself, so no push could bring it"
            )
            yield elsewhere.finding("no-room-for-specs", sentence, "add `specs/**`", Severity.WARN)
        for key in select_keys(root, "layout.languages"):
            yield from _ending(key)


def _ending(key: Scalar) -> Iterator[Finding]:
    """Find an ending that no file name has: endings begin with a dot and are compared in lower case."""
    text, lower = key.text, key.text.lower()
    if set("*?/") & set(text):
        said, meant = "it is no glob and no path", "." + re.split(r"[*?/.]+", lower)[-1]
    elif text.startswith(".") and ("." in text[1:] or text != lower):
        said, meant = (
            "an ending is compared in lower case, from the last dot on",
            f".{lower.rpartition('.')[2]}",
        )
    elif f".{lower}" in ENDINGS:
        said, meant = "without a dot it is the whole name of a file", f".{lower}"
    else:
        return
    severity = Severity.WARN if "whole name" in said else Severity.BLOCK
    yield key.finding(
        "bad-ending", f"no file name ends in {brief(text)}: {said}", f"write `{meant}`", severity
    )


def _always(own: Documents, standing: Standing) -> Iterator[Finding]:
    """Find what a spec says of a gate that always judges, and that nothing heeds."""
    for gate in own.fields("Gates", "gates[]"):
        uses = gate.text("uses")
        if uses not in standing.always or gate.text("id") != uses:
            continue
        for name in _NARROWING:
            entry = gate.entries.get(name)
            if entry is not None and gate.text(name) not in ("push", "block"):
                sentence = f"the gate `{uses}` judges every push in full, whatever its `{name}` says"
                yield entry.key.finding("always-on", sentence, f"leave `{name}` out")


def _waivers(own: Documents, specs: Documents, standing: Standing, today: date) -> Iterator[Finding]:
    uses = {gate.text("id"): gate.text("uses") for gate in specs.fields("Gates", "gates[]")}
    uses = {name: name for name in standing.always} | uses
    for waiver in own.fields("Waivers", "waivers[]"):
        until, gate = waiver.scalar("until"), waiver.scalar("gate")
        if (
            until is not None
            and re.fullmatch(r"\d{4}-\d\d-\d\d", until.text)
            and until.text < today.isoformat()
        ):
            sentence = f"the waiver has lapsed: its last day was {brief(until.text)}"
            yield until.finding("waiver-lapsed", sentence, "remove it, or name a later day", Severity.WARN)
        if gate is not None and uses.get(gate.text) in standing.unwaivable:
            sentence = f"no waiver lets findings of the gate `{gate.text}` through"
            yield gate.finding("waiver-without-effect", sentence, "remove it, and mend what the gate finds")
        code = waiver.scalar("code")
        if code is not None and code.text not in known_codes():
            sentence = f"no gate gives a finding the code {brief(code.text)}, so the waiver covers nothing"
            hint = (
                did_you_mean(code.text, known_codes()) or "leave `code` out to waive all that the gate finds"
            )
            yield code.finding("unknown-code", sentence, hint, Severity.WARN)


def _languages(own: Documents, specs: Documents) -> Iterator[Finding]:
    """Find languages of gates and rule packs that no task takes; those that accompany programs are in every tree."""
    if not specs.declares_all("Curriculum") or not any(specs.roots("Curriculum")):
        return
    paths = ("units[].tasks[].languages[]", "units[].discover.languages[]")
    taken = {node.text for path in paths for node in specs.texts("Curriculum", path)}
    for node in own.texts("Gates", "gates[].languages[]"):
        if node.text not in taken and node.text not in COMPANIONS and node.text in known_languages(specs):
            sentence = f"no task takes {brief(node.text)}, so the gate judges no solution in it"
            hint = did_you_mean(node.text, sorted(taken))
            yield node.finding(
                "language-untaken", sentence, hint or "take it out until a task does", Severity.WARN
            )


def _unused(own: Documents, specs: Documents) -> Iterator[Finding]:
    """Find own packs that no gate applies, and own views that no release ships."""
    called = {node.text for node in named_packs(specs)}
    if specs.declares_all("Gates"):
        for pack in own.texts("Rules", "id"):
            if pack.text not in called:
                sentence = f"no gate applies the pack {brief(pack.text)}"
                hint = f"{{id: style, uses: style, with: {{rules: [{pack.text}]}}}}"
                yield pack.finding("pack-unused", sentence, hint, Severity.WARN)
    releases = list(own.roots("Release"))
    shipped = {node.text.removeprefix(READY) for root in releases for node in select_texts(root, "views[]")}
    if releases and specs.declares_all("Release"):
        for view in own.texts("View", "name"):
            if view.text not in shipped:
                sentence = f"no release ships the view {brief(view.text)}"
                yield view.finding(
                    "view-unshipped", sentence, "add it to the `views` of a release", Severity.WARN
                )
