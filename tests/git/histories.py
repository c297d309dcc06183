"""Random histories, each drawn from a seed: everything that can happen to a file between two commits.

They are written by `git fast-import`, so that a commit can have any tree and any parents: merges that take a side of
each file, that take one side alone (`ours`), or that add what no side had; octopus and criss-cross merges; roots that
are joined later. Files are edited, moved alone and with their folders, copied, taken away and brought back as they once
were; they change their line ends, their last newline, their mode and their kind. Clocks go backwards.
"""

import random
from dataclasses import dataclass

REGULAR, EXECUTABLE, SYMLINK = "100644", "100755", "120000"
NAMES = ["a", "b.txt", "d/c", "d/e.py", "d/x/f", "é/g h", "-i", "x.c", "src/x.c", "d"]
WORDS = ["", "{", "}", "    pass", "same", "x = 1", "return x"]
File = tuple[str, bytes]
Tree = dict[str, File]


@dataclass
class Drawn:
    """One commit: its parents by number, and its files."""

    parents: list[int]
    tree: Tree
    seconds: int


def draw(seed: int, n_commits: int) -> list[Drawn]:
    """Return a history, oldest commit first."""
    chance = random.Random(seed)
    history: list[Drawn] = []
    for number in range(n_commits):
        parents = draw_parents(chance, number)
        tree = mixed(chance, [history[each].tree for each in parents])
        for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
            change(chance, tree, history)
        skew = chance.choice([0, 0, 0, -90_000, 90_000])
        history.append(Drawn(parents, tree, 1_760_000_000 + 60 * number + skew))
    return history


def draw_parents(chance: random.Random, number: int) -> list[int]:
    if number == 0 or chance.random() < 0.03:
        return []
    recent = list(range(max(0, number - 6), number))
    n_parents = min(chance.choice([1, 1, 1, 1, 2, 2, 3]), len(recent))
    return chance.sample(recent, n_parents)


def mixed(chance: random.Random, trees: list[Tree]) -> Tree:
    """Return a tree that takes each file from some parent, or all from the first."""
    if not trees:
        return {}
    if len(trees) == 1 or chance.random() < 0.3:
        return dict(trees[0])
    found: Tree = {}
    for path in sorted({path for tree in trees for path in tree}):
        side = chance.choice(trees)
        if path in side:
            put(found, path, side[path])
    return found


def put(tree: Tree, path: str, file: File) -> None:
    """Set a file, and take away what cannot stand beside it."""
    for other in list(tree):
        if other.startswith(f"{path}/") or path.startswith(f"{other}/"):
            del tree[other]
    tree[path] = file


def change(chance: random.Random, tree: Tree, history: list[Drawn]) -> None:
    """Do one thing to a tree."""
    if not tree or chance.random() < 0.1:
        put(tree, some_name(chance), (REGULAR, edited(chance, b"")))
        return
    path = chance.choice(sorted(tree))
    deed = chance.choice("eeeeeemmcdbrkxfsl")
    if deed in "mcdrk":
        move(chance, tree, history, deed, path)
    else:
        tree[path] = touched(chance, tree[path], deed)


def some_name(chance: random.Random) -> str:
    return f"{chance.choice(NAMES)}{chance.choice(['', '', '2'])}"


def move(chance: random.Random, tree: Tree, history: list[Drawn], deed: str, path: str) -> None:
    """Move, copy or take away a file, bring it back as it once was, or move a folder."""
    if deed == "m":
        mode, data = tree.pop(path)
        put(tree, some_name(chance), (mode, edited(chance, data) if chance.random() < 0.5 else data))
    elif deed == "c":
        put(tree, some_name(chance), tree[path])
    elif deed == "d":
        del tree[path]
    elif deed == "r" and history:
        put(tree, path, chance.choice(history).tree.get(path, tree[path]))
    elif deed == "k":
        move_folder(chance, tree)


def touched(chance: random.Random, file: File, deed: str) -> File:
    """Return a file edited, with a NUL, without its last newline, with other line ends, or of another kind."""
    mode, data = file
    if deed == "x" and mode != SYMLINK:
        mode = EXECUTABLE if mode == REGULAR else REGULAR
    elif deed == "s":
        mode, data = (REGULAR, b"target\n") if mode == SYMLINK else (SYMLINK, b"target")
    elif mode != SYMLINK:
        ends = chance.choice([(b"\r\n", b"\n"), (b"\n", b"\r\n")])
        data = {"b": data + b"\0\n", "f": data.rstrip(b"\n"), "l": data.replace(*ends)}.get(
            deed, edited(chance, data)
        )
    return mode, data


def edited(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randint(0, len(lines))
        new = [
            word.encode()
            for word in chance.choices([*WORDS, f"n{chance.randint(0, 50)}"], k=chance.randint(0, 5))
        ]
        lines[at : at + chance.randint(0, 3)] = new
    return b"\n".join(lines)


def move_folder(chance: random.Random, tree: Tree) -> None:
    folders = sorted({path.rpartition("/")[0] for path in tree if "/" in path})
    if folders:
        old, new = chance.choice(folders), chance.choice(["moved", "d2", "src"])
        for path in [each for each in tree if each.startswith(f"{old}/")]:
            if path in tree:
                put(tree, f"{new}/{path.removeprefix(f'{old}/')}", tree.pop(path))


def stream(history: list[Drawn]) -> bytes:
    """Return a history as `git fast-import` reads it; the commit `n` is the branch `c<n>`."""
    parts: list[bytes] = []
    for number, each in enumerate(history):
        who = b"north <north@corpus.example> %d +0000" % each.seconds
        parts.append(
            b"commit refs/heads/c%d\nmark :%d\nauthor %b\ncommitter %b\n" % (number, number + 1, who, who)
        )
        parts.append(b"data 2\nx\n")
        for at, parent in enumerate(each.parents):
            parts.append(b"%b :%d\n" % (b"merge" if at else b"from", parent + 1))
        if each.parents:
            parts.append(b"deleteall\n")
        for path, (mode, data) in each.tree.items():
            quoted = b'"%b"' % path.encode()
            parts.append(b"M %b inline %b\ndata %d\n%b\n" % (mode.encode(), quoted, len(data), data))
    return b"".join(parts)
