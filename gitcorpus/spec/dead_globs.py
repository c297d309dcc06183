"""Globs of paths that match no file: each silently switches off the gate, waiver or selection that it narrows.

One that no path of any tree can match is a fault. One that only matches nothing now is a warning, unless it fits the
layout: a corpus that has no solutions yet may well speak of those to come.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.globs import matches, overlap
from gitcorpus.spec.nodes import Scalar
from gitcorpus.spec.patterns import BRACES, pattern_fault
from gitcorpus.spec.select import select_texts

_CLASS: Final = re.compile(r"\[[^\]/]+\]|\\.")
_BRACE: Final = re.compile(r"\{(\w+)\}")
_CATCH_ALL: Final = ("**", "**/*")
_CODE: Final = "dead-glob"


class Tree(NamedTuple):
    """The files that there are, and those that the layout has room for."""

    paths: Sequence[str]
    layouts: tuple[tuple[tuple[str, ...], ...], ...]
    """For each pattern of solutions, the globs that each of its folders may fit."""

    def has(self, glob: str) -> bool:
        """Tell whether a glob matches a file, or could match one of a solution."""
        return any(matches(glob, path) for path in self.paths) or self.has_room(glob)

    def has_room(self, glob: str) -> bool:
        """Tell whether a glob could match a file of a solution."""
        parts = tuple(_plain(f"{glob}**" if glob.endswith("/") else glob).split("/"))
        return any(_fits(parts, layout) for layout in self.layouts)


def link_globs(specs: Documents, paths: Sequence[str] | None) -> Iterator[Finding]:
    """Find globs that match nothing; without paths there is no tree, and only what can match in none is found."""
    tree = Tree(paths or (), tuple(_layouts(specs)))
    own = Documents(specs.own)
    globs = (
        ("the gate judges no file by it", own.texts("Gates", "gates[].paths[]")),
        ("the waiver covers nothing by it", _waived(own)),
        ("nothing may stand there by it", own.texts("Corpus", "layout.elsewhere[]")),
    )
    for what, nodes in globs:
        for node in nodes:
            yield from _dead(node, node.text, what, tree if paths is not None else None)
    for node in own.texts("Release", "select.paths[]"):
        yield from _no_folder(node, tree if paths is not None else None)
    for node in own.keys("Corpus", "policy.owners"):
        if (
            tree.paths
            and not impossible(node.text)
            and not tree.has(node.text)
            and not tree.has(f"{node.text}/**")
        ):
            said = f"no file matches {brief(node.text)}: its owners own nothing by it"
            yield node.finding(_CODE, said, _hint(node.text, tree), Severity.WARN)
    for root in own.roots("Corpus"):
        roles = list(select_texts(root, "layout.roles{}[]"))
        yield from _roles(roles)
        for node in roles:
            yield from _whole_path(node, tree)


def impossible(glob: str) -> str:
    """Return why no path can match a glob, or nothing."""
    parts = glob.removesuffix("/").split("/")
    faults = {
        "a path does not begin with `/`": glob.startswith("/"),
        "a path has no folder `.` or `..`": bool({".", ".."} & set(parts)),
        "a path has no empty folder name": "" in parts,
        "it begins or ends with a blank": glob != glob.strip(),
        "`\\` does not part folders": re.search(r"\\[A-Za-z0-9]", glob) is not None,
    }
    return next((sentence for sentence, holds in faults.items() if holds), "")


def _waived(own: Documents) -> Iterator[Scalar]:
    """Yield globs of waivers, but not those of what is no file: refs, and commits."""
    for node in own.texts("Waivers", "waivers[].paths[]"):
        if not node.text.startswith(("refs/", "commit ", "object ")):
            yield node


def _dead(node: Scalar, glob: str, what: str, tree: Tree | None) -> Iterator[Finding]:
    fault = impossible(glob)
    if fault:
        mended = re.sub(r"/{2,}|/(\./)+", "/", glob.strip().replace("\\", "/")).lstrip("./")
        hint = (
            f"write `{mended}`"
            if mended and not impossible(mended)
            else "write it from the root, as git does"
        )
        yield node.finding(_CODE, f"no path can match {brief(glob)}: {fault}", hint)
    elif tree is not None and not tree.has(glob):
        yield node.finding(_CODE, f"no file matches {brief(glob)}: {what}", _hint(glob, tree), Severity.WARN)


def _no_folder(node: Scalar, tree: Tree | None) -> Iterator[Finding]:
    """Find a path of a selection, which is a file or a folder and no glob, below which nothing stands."""
    text = node.text
    below = f"{text.rstrip('/')}/"
    if set(text) & set("*?["):
        said = f"`select.paths` are folders and files, and {brief(text)} is a glob: nothing stands below it"
        head = re.split(r"[^/]*[*?\[]", text)[0]
        yield node.finding(_CODE, said, f"write `{head}`" if head else "leave `paths` out to take all")
    elif impossible(text):
        yield from _dead(node, text, "", None)
    elif tree is not None:
        here = any(path == text or path.startswith(below) for path in tree.paths)
        if not here and not tree.has_room(f"{below}**"):
            said = f"nothing stands below {brief(text)}: the release takes nothing by it"
            yield node.finding(_CODE, said, _hint(below, tree), Severity.WARN)


def _roles(globs: Sequence[Scalar]) -> Iterator[Finding]:
    """Find globs of roles that come too late, or that do not begin within the solution."""
    before: dict[str, Scalar] = {}
    for node in globs:
        role, caught = _role(node), next((each for each in _CATCH_ALL if each in before), node.text)
        earlier = before.setdefault(node.text, node) if caught == node.text else before[caught]
        fault = impossible(node.text)
        if fault:
            yield node.finding(
                _CODE,
                f"no path within a solution can match {brief(node.text)}: {fault}",
                "for example `*.md`",
            )
        elif earlier is not node and _role(earlier) != role:
            said = f"a file that matches it is `{_role(earlier)}` by {brief(earlier.text)} on line {earlier.line}"
            hint = f"write `{role}` before `{_role(earlier)}`: the first role that matches wins"
            yield node.finding("role-shadowed", said, hint)


def _whole_path(node: Scalar, tree: Tree) -> Iterator[Finding]:
    """Find a glob of a role that is written from the root of the tree: it fits the layout and no solution's inside."""
    parts = node.text.split("/")
    depth = next((len(layout) for layout in tree.layouts if (parts[0],) == layout[0]), 0)
    if depth and tree.has_room(node.text):
        inner = "/".join(parts[depth:]) or "*"
        said = f"globs of roles are matched within the solution, and {brief(node.text)} begins at the root of the tree"
        yield node.finding(_CODE, said, f"write `{inner}`", Severity.WARN)


def _role(node: Scalar) -> str:
    at = node.route.index("roles")
    return str(node.route[at + 1])


def _hint(glob: str, tree: Tree) -> str:
    """Name a glob nearby that does match."""
    for nearby in _nearby(glob, tree):
        if nearby != glob and not impossible(nearby) and tree.has(nearby):
            return f"did you mean `{nearby}`?"
    return "mend it, or take it out until there are such files"


def _nearby(glob: str, tree: Tree) -> Iterator[str]:
    parts = glob.split("/")
    if parts[-1] == "*":
        yield "/".join((*parts[:-1], "**"))
    yield from _respelled(parts, tree)
    yield f"{glob.rstrip('/')}/**"
    if len(parts) == 1:
        yield f"**/{glob}"


def _respelled(parts: list[str], tree: Tree) -> Iterator[str]:
    """Yield the glob with one folder spelled as one that there is, at the same depth."""
    for depth, part in enumerate(parts):
        known = {path.split("/")[depth] for path in tree.paths if path.count("/") > depth}
        known |= {each for layout in tree.layouts if depth < len(layout) for each in layout[depth]}
        near = did_you_mean(part, sorted(known))
        if near.startswith("did you mean") and part not in known:
            yield "/".join((*parts[:depth], near.split("`")[1], *parts[depth + 1 :]))


def _layouts(specs: Documents) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Yield what each folder of each pattern may be: units and tasks by their ids, if all of them are known."""
    for pattern in (
        *specs.texts("Corpus", "layout.solution[]"),
        *specs.texts("Curriculum", "units[].discover.layout"),
    ):
        if pattern_fault(pattern.text) is None:
            known = _known_ids(specs)
            yield tuple(_folder(part, known) for part in pattern.text.split("/"))


def _known_ids(specs: Documents) -> dict[str, tuple[str, ...]]:
    if not specs.declares_all("Curriculum"):
        return {}
    units = {"unit": tuple(specs.names("Curriculum", "units[].id"))}
    if any(True for _ in specs.nodes("Curriculum", "units[].discover")):
        return units
    return {**units, "task": tuple(specs.names("Curriculum", "units[].tasks[].id"))}


def _folder(part: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the globs of one folder of a pattern."""
    found = _BRACE.search(part)
    if found is None or found[1] not in BRACES:
        return (part,)
    return tuple(part.replace(found[0], each) for each in known.get(found[1], ("*",)))


def _plain(glob: str) -> str:
    return _CLASS.sub("?", glob)


def _fits(parts: tuple[str, ...], layout: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether a glob could match a path that has the layout's folders and at least one name below them."""
    end = len(layout) + 1

    @cache
    def goes_on(at: int, depth: int) -> bool:
        if at == len(parts):
            return depth == end
        if parts[at] == "**":
            return goes_on(at + 1, depth) or (depth < end and goes_on(at, depth + 1))
        if depth < len(layout):
            return any(overlap(parts[at], each) for each in layout[depth]) and goes_on(at + 1, depth + 1)
        return goes_on(at + 1, end)

    return goes_on(0, 0)
