"""The gate `paths`: no name that harms a checkout, a terminal or another file system, and none that passes for another.

git's own fsck refuses some of these and lets others pass; this gate does not depend on it.

A link is judged by its own text alone: `..` may stand only at its beginning, and no more often than there are
folders above the link. Then a chain of links cannot leave the tree either, since every link after the first only
goes on from a folder of the tree by names.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Link, Reads
from gitcorpus.gates.confusable import mixed_word, twins
from gitcorpus.gates.marks import written
from gitcorpus.gates.names import HARMS, READ_BY_GIT, bare, folded, is_dotgit
from gitcorpus.git.repo import Snapshot
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.tree import EXECUTABLE, FILE, GITLINK, SYMLINK, TreeEntry
from gitcorpus.spec.brief import pasted

MAX_PATH: Final = 4096
_ENDING: Final = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,8}$")

_MODES: Final = frozenset({FILE, EXECUTABLE, SYMLINK, GITLINK})
"""What git writes. The oldest gits also wrote 100664: then one content has two trees, and two oids."""
_GIT_DIRECTORIES: Final = (frozenset({"head", "objects", "refs"}), frozenset({"head", "commondir"}))
"""Names that make git take a folder for a repository, and obey the settings in it."""


class PathsGate:
    """Every changed path is one that every checkout can hold, and no link leads out of the tree."""

    name = "paths"
    version = "4"
    reads = Reads.TREE
    accepted = (
        Example(title="an ordinary path", files={"corpus/basics/add/north/add.py": "x = 1\n"}),
        Example(title="a link within the tree", files={"corpus/basics/add/north/more.py": Link("add.py")}),
        Example(title="a link to a folder beside", files={"corpus/basics/more": Link("../basics/add/")}),
        Example(title="a name in another script", files={"corpus/\u6f22\u5b57 \u00e9.md": "x\n"}),
        Example(
            title="a name in Cyrillic letters, with an ending in Latin ones",
            files={"corpus/\u043f\u0440\u0438\u0432\u0435\u0442.md": "x\n"},
        ),
    )
    refused = (
        Example(
            title="a link out of the tree",
            files={"corpus/a.md": Link("../../etc/passwd")},
            codes=("link-escapes",),
        ),
        Example(
            title="a link out of the tree by way of another",
            files={"a/b/up.md": Link("../.."), "a/b/out.md": Link("up.md/../etc/passwd")},
            codes=("link-escapes",),
        ),
        Example(
            title="an absolute link", files={"corpus/a.md": Link("/etc/passwd")}, codes=("link-absolute",)
        ),
        Example(
            title="a link into git's own folder",
            files={"corpus/a.md": Link("../.Git/config")},
            codes=("path-dotgit",),
        ),
        Example(
            title="a link in place of a file that git reads",
            files={"corpus/.gitattributes": Link("../README.md")},
            codes=("link-gitfile",),
        ),
        Example(
            title="a bare repository within the tree",
            files={"data/HEAD": "ref: refs/heads/main\n", "data/objects/a": "", "data/refs/a": ""},
            codes=("path-repository",),
        ),
        Example(
            title="two names that differ only in case",
            files={"corpus/basics/Read.md": "a\n", "corpus/basics/read.md": "b\n"},
            codes=("case-collision",),
        ),
        Example(
            title="a folder and a file that differ only in case",
            files={"corpus/Basics": "a\n", "corpus/basics/read.md": "b\n"},
            codes=("case-collision",),
        ),
        Example(
            title="one name in two forms of Unicode",
            files={"corpus/caf\u00e9.md": "a\n", "corpus/cafe\u0301.md": "b\n"},
            codes=("case-collision",),
        ),
        Example(
            title="a solution that looks like another: its second letter is Cyrillic",
            files={
                "corpus/basics/add/north/add.py": "x = 1\n",
                "corpus/basics/add/n\u043erth/add.py": "x = 1\n",
            },
            codes=("lookalike-name",),
        ),
        Example(
            title="a file that looks like one that is there",
            files={"README.\uff4d\uff44": "x\n"},
            codes=("lookalike-name",),
        ),
        Example(
            title="a word in two scripts that look alike",
            files={"corpus/basics/add/north/p\u0430rse.py": "x = 1\n"},
            codes=("mixed-scripts",),
        ),
        Example(title="a control character", files={"corpus/a\x1b[2J.md": "x\n"}, codes=("path-control",)),
        Example(
            title="a right-to-left override", files={"corpus/a\u202egnp.md": "x\n"}, codes=("path-control",)
        ),
        Example(
            title="bytes that are not UTF-8", files={"corpus/caf\udce9": "x\n"}, codes=("path-not-utf8",)
        ),
        Example(
            title="a name that Windows reserves", files={"corpus/nul.txt": "x\n"}, codes=("path-reserved",)
        ),
        Example(title="a backslash", files={"corpus/a\\b.md": "x\n"}, codes=("path-reserved",)),
        Example(title="a name like an option", files={"corpus/-rf": "x\n"}, codes=("path-dash",)),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Look at every changed path, at what stands beside it, and at where links lead."""
        submodules = bool(declaration.parameters.get("submodules"))
        for entry in candidate.files:
            yield from judge_entry(candidate, entry, submodules=submodules)
        touched = touched_folders(candidate.files)
        for folder, names in touched.items():
            for name in names:
                yield from judge_name(folder, name)
        if candidate.snapshot is not None:
            yield from collisions(candidate.snapshot, touched)
            yield from lookalikes(candidate.snapshot, touched)
            yield from repositories(candidate.snapshot, touched)


def judge_entry(candidate: Candidate, entry: TreeEntry, *, submodules: bool) -> Iterator[Finding]:
    """Judge what an entry is, and its path as a whole."""
    n_bytes = len(entry.path.encode("utf-8", "surrogateescape"))
    if n_bytes > MAX_PATH:
        yield _found("path-too-long", entry.path, f"the path has {n_bytes} bytes; at most {MAX_PATH}")
    if entry.mode == SYMLINK:
        yield from judge_gitfile(entry.path)
        yield from judge_link(candidate, entry)
    if entry.mode == GITLINK and not submodules:
        sentence = "a submodule's content is not in this repository"
        yield _found("submodule", entry.path, sentence, f"git rm --cached {pasted(entry.path)}")
    if entry.mode not in _MODES:
        yield _found(
            "path-mode",
            entry.path,
            f"git writes no entry of mode {entry.mode:o}",
            f"git add {pasted(entry.path)}",
        )


def touched_folders(files: tuple[TreeEntry, ...]) -> Mapping[str, dict[str, None]]:
    """Return every folder on the way to a changed path, with the names in it that the push touches."""
    touched: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in files:
        path = entry.path
        while path:
            folder, _, name = path.rpartition("/")
            if name in touched[folder]:
                break
            touched[folder][name] = None
            path = folder
    return touched


def renaming(path: str) -> str:
    """Return the command that gives a path another name in its folder, with the ending that it has."""
    folder, slash, name = path.rpartition("/")
    found = _ENDING.search(name)
    another = f"ANOTHER-NAME{found[0]}" if found else "ANOTHER-NAME"
    return f"git mv {pasted(path)} {pasted(folder + slash + another)}"


def judge_name(folder: str, name: str) -> Iterator[Finding]:
    """Judge one part of a path by itself."""
    for harms, code, sentence in HARMS:
        if harms(name):
            path = f"{folder}/{name}" if folder else name
            yield _found(code, path, sentence.format(name), renaming(path))
            return


def judge_gitfile(path: str) -> Iterator[Finding]:
    """Judge whether a symlink stands where git reads a file."""
    name = bare(path.rpartition("/")[2])
    if READ_BY_GIT.fullmatch(name):
        sentence = f"git reads `{name}` as a file, and not through a link"
        yield _found("link-gitfile", path, sentence, f"put the file itself there: git rm {pasted(path)}")


def judge_link(candidate: Candidate, entry: TreeEntry) -> Iterator[Finding]:
    """Judge where a symlink leads; a target that no path can be as long as is not read."""
    n_bytes = candidate.repo.blob_size(entry.oid)
    if n_bytes > MAX_PATH:
        yield _found(
            "path-too-long", entry.path, f"the link's target has {n_bytes} bytes; at most {MAX_PATH}"
        )
        return
    yield from judge_target(entry.path, candidate.data(entry).decode("utf-8", "surrogateescape"))


def judge_target(path: str, target: str) -> Iterator[Finding]:
    """Judge the text of a symlink that stands at a path."""
    parts = [part for part in target.split("/") if part not in ("", ".")]
    n_up = next((n for n, part in enumerate(parts) if part != ".."), len(parts))
    if target.startswith("/") or "\\" in target or re.match(r"[A-Za-z]:", target):
        sentence = f"the link leads to `{target}`, outside of the repository"
        yield _found("link-absolute", path, sentence, "link to a path relative to the link")
    elif n_up > path.count("/"):
        sentence = f"the link leads to `{target}`, out of the tree"
        yield _found("link-escapes", path, sentence, "link to a file of the tree")
    elif ".." in parts[n_up:]:
        sentence = f"the link leads to `{target}`, and from a link a `..` may lead anywhere"
        yield _found("link-escapes", path, sentence, "write every `..` at the beginning of the target")
    elif any(is_dotgit(part) for part in parts):
        sentence = f"the link leads to `{target}`, into git's own folder"
        yield _found("path-dotgit", path, sentence, f"git rm --cached {pasted(path)}")


def collisions(snapshot: Snapshot, touched: Mapping[str, Mapping[str, None]]) -> Iterator[Finding]:
    """Find touched names that a file system which folds case or normalises Unicode takes for another."""
    for folder in sorted(touched):
        alike: dict[str, list[str]] = defaultdict(list)
        names_there = snapshot.names(folder)
        fold = str.lower if all(map(str.isascii, names_there)) else folded
        wanted = {fold(name) for name in touched[folder]}
        for name in names_there:
            if (likeness := fold(name)) in wanted:
                alike[likeness].append(name)
        for names in alike.values():
            if len(names) > 1 and not touched[folder].keys().isdisjoint(names):
                yield _collision(folder, sorted(names), touched[folder])


def lookalikes(snapshot: Snapshot, touched: Mapping[str, Mapping[str, None]]) -> Iterator[Finding]:
    """Find touched names that people take for another of their folder, and words that pass for others anywhere."""
    for folder in sorted(touched):
        alike = twins(snapshot.names(folder))
        for name in touched[folder]:
            others = alike.get(name, ())
            if others and not (name.isascii() and any(other in touched[folder] for other in others)):
                yield _lookalike(folder, name, others[0])
            elif not others and mixed_word(name):
                yield _mixed(folder, name, mixed_word(name))


def _lookalike(folder: str, name: str, other: str) -> Finding:
    path = f"{folder}/{name}" if folder else name
    odd = next((each for each in (*name, *other) if not each.isascii()), "")
    sentence = f"it looks like `{other}`, which stands beside it; {_spelled(odd)} tells them apart"
    return _found("lookalike-name", path, sentence, renaming(path))


def _mixed(folder: str, name: str, word: str) -> Finding:
    path = f"{folder}/{name}" if folder else name
    odd = next(each for each in word if not each.isascii())
    sentence = f"`{word}` is written in scripts whose letters look alike; it has {_spelled(odd)}"
    hint = f"write the word in one script, or take it apart with `-`: {renaming(path)}"
    return _found("mixed-scripts", path, sentence, hint)


def _spelled(character: str) -> str:
    return f"{written(character)} ({unicodedata.name(character, 'a character without a name').lower()})"


def repositories(snapshot: Snapshot, touched: Mapping[str, Mapping[str, None]]) -> Iterator[Finding]:
    """Find touched folders that git takes for bare repositories."""
    for folder in sorted(touched):
        names = {name.lower() for name in snapshot.names(folder)}
        if any(needed <= names for needed in _GIT_DIRECTORIES):
            sentence = "git takes this folder for a repository and obeys the settings in it"
            head = pasted(f"{folder}/HEAD" if folder else "HEAD")
            hint = f"keep it as one packed file, or without its HEAD: git rm --cached {head}"
            yield _found("path-repository", folder or ".", sentence, hint)


def _collision(folder: str, names: list[str], touched: Mapping[str, None]) -> Finding:
    name = [each for each in names if each in touched][-1]
    path = f"{folder}/{name}" if folder else name
    others = " and ".join(f"`{each}`" for each in names if each != name)
    sentence = f"it is the same name as {others} where case or accents do not count"
    return _found("case-collision", path, sentence, renaming(path))


def _found(code: str, path: str, sentence: str, hint: str = "shorten it") -> Finding:
    return Finding(code=code, place=Place(path=path), sentence=sentence, hint=hint)
