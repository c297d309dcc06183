"""The smallest specs that load, and findings as they are printed."""

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
    return "".join(line + "\n" for finding in findings for line in lines_of(finding))


def lines_of(finding):
    yield f"{finding.place} {finding.code}: {finding.sentence}"
    if finding.quote:
        yield f"    {finding.quote.text}"
        yield (
            "    "
            + " " * (finding.quote.first_column - 1)
            + "^" * (finding.quote.last_column - finding.quote.first_column + 1)
        )
    if finding.hint:
        yield f"  hint: {finding.hint}"
