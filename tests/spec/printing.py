"""The smallest specs that load, and findings as they are printed."""

import io

from gitcorpus.cli.screen import print_findings

CORPUS = """\
apiVersion: gitcorpus/v1
kind: Corpus
name: small
layout:
  solution: corpus/{unit}/{task}/{solution}
  roles:
    prompt: [TASK.md]
    test: ["**/test_*.py"]
    doc: ["*.md"]
    fixture: [data/**]
    source: ["**/*.py", "**/*.go", "**/*.json", "**/*.tpl"]
"""
CURRICULUM = """\
apiVersion: gitcorpus/v1
kind: Curriculum
units:
  - id: basics
    title: Basics
    tasks:
      - {id: add, title: Add, languages: [python]}
      - {id: sort-words, title: Sort words, languages: [python, go]}
"""


def printed(findings):
    stream = io.StringIO()
    print_findings(findings, stream)
    return stream.getvalue()
