"""A commit's trailers: `Task: retry-backoff` and its like, from the last paragraph of the message.

The rules are those of `git interpret-trailers --parse --no-divider` with git's default settings, kept here so
that one commit costs no process, five thousand cost none either, and no setting of a repository changes what
counts. The tests compare this reader with git's own on generated messages.

The block is the last paragraph, and never the first one. Either all of its lines are trailers, or one of them
is a sign-off or a cherry-pick note, and then a quarter of the lines suffices. A line that starts with white
space continues the trailer above it.
"""

import re
from collections.abc import Iterator

_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:")
_GENERATED = ("Signed-off-by: ", "(cherry picked from commit ")
_CUT = re.compile(r"^# -{24} >8 -{24}\n", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SPACE = " \t\n\r"
"""What git takes for white space: no form feeds, nothing outside ASCII."""


def parse_trailers(message: str) -> tuple[tuple[str, str], ...]:
    """Return a message's trailers in order; continued lines are joined by one space."""
    said = message.partition("\0")[0]
    cut = _CUT.search(said)
    lines = _without_comments(_LINE.findall(said[: cut.start()] if cut else said))
    paragraph = _last_paragraph(lines)
    return tuple(_pairs(paragraph)) if _is_block(paragraph) else ()


def _without_comments(lines: list[str]) -> list[str]:
    """Drop what an editor session or an old merge may leave at the end of a message."""
    kept, in_conflicts = 0, False
    for number, line in enumerate(lines, start=1):
        if line == "Conflicts:\n":
            in_conflicts = True
        elif line[0] not in "#\n" and not (in_conflicts and line[0] == "\t"):
            kept, in_conflicts = number, False
    return lines[:kept]


def _last_paragraph(lines: list[str]) -> list[str]:
    """Return what follows the last blank line that has text below it: nothing if there is no such line."""
    has_text = False
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if line.strip(_SPACE) == "":
            if has_text:
                return lines[number + 1 :]
        elif line[0] != "#":
            has_text = True
    return []


def _is_block(paragraph: list[str]) -> bool:
    trailers = others = 0
    generated = after_trailer = False
    for line in paragraph:
        if line.startswith(_GENERATED) or _TRAILER.match(line):
            trailers += 1
            generated = generated or line.startswith(_GENERATED)
            after_trailer = True
        elif line[0] == "#":
            after_trailer = False
        elif line[0] not in _SPACE:
            others += 1
            after_trailer = False
        elif not after_trailer and line.strip(_SPACE):
            others += 1
    return trailers * 3 >= others if generated else trailers > 0 and others == 0


def _pairs(block: list[str]) -> Iterator[tuple[str, str]]:
    joined: list[str] = []
    for line in block:
        if joined and line[0] in _SPACE and _TRAILER.match(joined[-1]):
            joined[-1] += line
        else:
            joined.append(line)
    for text in joined:
        found = _TRAILER.match(text)
        if found:
            value = text[found.end() :].strip(_SPACE)
            yield found[1], re.sub(rf"\n[{_SPACE}]*", " ", value).strip(_SPACE)
