"""What the YAML parser complains about, in our words and with a way out."""

from typing import Final

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gitcorpus.model.finding import Finding
from gitcorpus.spec.nodes import Sheet

_KNOWN: Final = (
    (
        "'<stream end>'",
        "the file ends in the middle of a list or a mapping",
        "close it, or finish the last line",
    ),
    (
        "mapping values are not allowed",
        "a `: ` cannot stand within a plain text",
        'quote the text: `title: "a: b"`',
    ),
    ("'\\t' that cannot start", "a tab cannot indent", "indent with spaces"),
    ("cannot start any token", "a plain text cannot begin with this character", "quote the text"),
    (
        "could not find expected ':'",
        "this line is neither `key: value` nor a list item",
        "is a `:` or an indent missing?",
    ),
    ("unexpected end of stream", "a quote that opens here is never closed", "close it"),
    (
        "but found '<scalar>'",
        "a text follows where the list or mapping should go on",
        "is a comma or a line break missing?",
    ),
    (
        "expected <block end>",
        "this indentation fits nothing above",
        "align keys with keys and dashes with dashes",
    ),
    ("expected ',' or", "a bracket that opens before is not closed here", "add the missing `,`, `]` or `}`"),
    ("not allowed here", "a list item cannot begin here", "begin the list on its own line"),
    (
        "unknown escape character",
        "an escape that YAML does not know",
        "double the backslash, or use single quotes",
    ),
    ("tag", "a tag cannot be read", "specs have no tags: remove it"),
)


def explain_fault(error: YAMLError, sheet: Sheet) -> Finding:
    """Make the parser's complaint a finding at its place."""
    problem, mark = str(error), None
    if isinstance(error, MarkedYAMLError):
        problem = str(error.problem or error.context or "it is no YAML")
        mark = error.problem_mark or error.context_mark
        if "unexpected end of stream" in problem and error.context_mark is not None:
            mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    line = min(line, max(len(sheet.lines), 1))
    sentence, hint = next(
        ((ours, hint) for theirs, ours, hint in _KNOWN if theirs in problem),
        (problem.split("\n", 1)[0][:200], ""),
    )
    quote = sheet.quote(line, column, column)
    return Finding(
        code="not-yaml", place=sheet.place(line, column), sentence=sentence, hint=hint, quote=quote
    )
