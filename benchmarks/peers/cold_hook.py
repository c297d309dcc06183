"""A pre-receive hook as one writes it without gitcorpus: comparable checks in a process that starts for every push.

Sizes, path names, syntax and authors of what the push changes. It remembers nothing and records nothing.
"""

import os
import sys

import pygit2
from pygit2.enums import RepositoryOpenFlag
from tree_sitter import Language, Parser
from tree_sitter_python import language


def main() -> int:
    repo = pygit2.Repository(os.environ["GIT_DIR"], RepositoryOpenFlag.FROM_ENV)
    parser = Parser(Language(language()))
    faults = []
    for line in sys.stdin:
        old, new, ref = line.split()
        tip = repo[new].peel(pygit2.Commit)
        base = repo[old].peel(pygit2.Commit).tree if old.strip("0") else None
        diff = tip.tree.diff_to_tree(base, swap=True) if base else tip.tree.diff_to_tree(swap=True)
        for delta in diff.deltas:
            path = delta.new_file.path
            data = repo[delta.new_file.id].data
            if len(data) > 1 << 20:
                faults.append(f"{path}: too large")
            if any(not part.isprintable() or part.startswith("-") for part in path.split("/")):
                faults.append(f"{path}: odd name")
            if path.endswith(".py") and parser.parse(data).root_node.has_error:
                faults.append(f"{path}: does not parse")
        if "Signed-off-by:" not in tip.message:
            faults.append(f"{ref}: no sign-off")
    for fault in faults:
        print(fault, file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
