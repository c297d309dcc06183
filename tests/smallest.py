"""The smallest corpus that judges: one unit, two tasks, four people, every recommended gate."""

from datetime import UTC, datetime

from forge import Forge, Work

from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.server import Server

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
SERVER = Server(admins=("lead",))
CORPUS = """\
apiVersion: gitcorpus/v1
kind: Corpus
name: smallest
policy: {branch: main}
layout:
  solution: corpus/{unit}/{task}/{solution}
  roles:
    prompt: [TASK.md]
    annotation: [RANKS.yaml]
    test: ["**/test_*.py"]
    doc: ["*.md"]
    fixture: ["data/**"]
    source: ["**/*"]
protected: [refs/heads/main]
"""
CURRICULUM = """\
apiVersion: gitcorpus/v1
kind: Curriculum
units:
  - id: basics
    title: Basics
    tasks:
      - id: add
        title: Add two numbers
        languages: [python]
        difficulty: 1
        prompt: |
          Write a function
          that adds two numbers.
      - {id: subtract, title: Subtract, languages: [python, go], difficulty: 2}
"""
CONTRIBUTORS = """\
apiVersion: gitcorpus/v1
kind: Contributors
people:
  - {id: lead, roles: [integrator], emails: [lead@corpus.example], agreements: [{id: ip, from: 2026-01-01}]}
  - {id: north, emails: [north@corpus.example], agreements: [{id: ip, from: 2026-01-01}]}
  - {id: south, emails: [south@corpus.example], agreements: [{id: ip, from: 2026-01-01}]}
  - {id: east, emails: [east@corpus.example], agreements: [{id: ip, from: 2026-01-01, until: 2026-06-30}]}
agreements:
  - {id: ip, text: agreements/ip.md, grants: work-for-hire}
"""
GATES = "apiVersion: gitcorpus/v1\nkind: Gates\nextends: [gitcorpus:recommended]\n"
VIEW = """\
apiVersion: gitcorpus/v1
kind: View
name: pairs
format: sft_prompt_completion
from: solutions
where: n_sources > 0
order: task
record:
  prompt: "{{ task.prompt }}"
  completion: "{{ sources | join_files }}"
"""
RELEASE = """\
apiVersion: gitcorpus/v1
kind: Release
name: all
tags: "v*"
views: [pairs, "gitcorpus:pretrain", "gitcorpus:lm_text", "gitcorpus:sft_messages"]
license: LicenseRef-Test
"""
SPECS = {
    "specs/corpus.yaml": CORPUS,
    "specs/curriculum.yaml": CURRICULUM,
    "specs/contributors.yaml": CONTRIBUTORS,
    "specs/gates.yaml": GATES,
    "specs/views/pairs.yaml": VIEW,
    "specs/release.yaml": RELEASE,
    "agreements/ip.md": "The text of an agreement.\n",
    "LICENSES/LicenseRef-Test.txt": "The text of a licence.\n",
    "README.md": "The smallest corpus.\n",
}
ADD = "corpus/basics/add/north"


def smallest(forge: Forge) -> Work:
    """Return a work tree whose `main` holds the specs and nothing else."""
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    return work


def push_of(
    new: Oid, *, old: Oid = ZERO_OID, ref: str = "refs/heads/main", pusher: str | None = "north"
) -> Push:
    """Return a push of one ref."""
    return Push(updates=(RefUpdate(ref=ref, old=old, new=new),), pusher=pusher)
