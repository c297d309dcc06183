"""JSON and TOML as hostile hands write them: read by the standard library, with the line of each value.

A key that stands twice in a JSON object is refused, since tools do not agree on which of the two counts.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from gitcorpus.gates.manifests.manifest import ManifestError, short
from gitcorpus.model.place import Route
from gitcorpus.syntax.routes import lines_of

_AT: Final = re.compile(r"\(at line (?P<line>[0-9]+), column [0-9]+\)|\(at end of document\)")


class Structured(NamedTuple):
    """A value, and where its parts stand."""

    value: Mapping[str, Any]
    lines: Mapping[Route, int]

    def line(self, *route: str | int) -> int:
        """Return the line of a value, or of the nearest value around it that has one."""
        found = (self.lines.get(route[:length]) for length in range(len(route), 0, -1))
        return next((line for line in found if line is not None), 1)

    def at(self, *route: str | int) -> Any:
        """Return the value at a route; none if there is none."""
        value: Any = self.value
        for step in route:
            if isinstance(step, str) and isinstance(value, dict):
                value = value.get(step)
            elif isinstance(step, int) and isinstance(value, list) and 0 <= step < len(value):
                value = value[step]
            else:
                return None
        return value

    def table(self, *route: str | int) -> Mapping[str, Any]:
        """Return a table, or an empty one if there is none.

        Raises:
            ManifestError: if something else stands there.
        """
        value = self.at(*route)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._other("table", route)
        return value

    def listed(self, *route: str | int) -> list[Any]:
        """Return a list, or an empty one if there is none.

        Raises:
            ManifestError: if something else stands there.
        """
        value = self.at(*route)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._other("list", route)
        return value

    def texts(self, *route: str | int) -> Iterator[tuple[str, int]]:
        """Yield the texts of a list with their lines; what is no text is left to others.

        Raises:
            ManifestError: if no list stands there.
        """
        for number, value in enumerate(self.listed(*route)):
            if isinstance(value, str):
                yield value, self.line(*route, number)

    def _other(self, word: str, route: Route) -> ManifestError:
        named = short(".".join(map(str, route)))
        return ManifestError(f"`{named}` is no {word}", self.line(*route))


def read_json(data: bytes) -> Structured:
    """Read a JSON object.

    Raises:
        ManifestError: if it is none.
    """
    return _read(data, "json", lambda text: json.loads(text, object_pairs_hook=_unique))


def read_toml(data: bytes) -> Structured:
    """Read a TOML document.

    Raises:
        ManifestError: if it is none.
    """
    return _read(data, "toml", tomllib.loads)


def decoded(data: bytes) -> str:
    """Return a manifest's text.

    Raises:
        ManifestError: if it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError("it is not UTF-8", data.count(b"\n", 0, error.start) + 1) from error


def _read(data: bytes, language: str, parse: Callable[[str], Any]) -> Structured:
    try:
        value = parse(decoded(data))
    except json.JSONDecodeError as error:
        raise ManifestError(f"it is no JSON: {short(error.msg)}", error.lineno) from error
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = _AT.search(said)
        line = int(at["line"]) if at and at["line"] else 1
        raise ManifestError(f"it is no TOML: {short(_AT.sub('', said))}", line) from error
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"it is no {language.upper()} that can be read: {short(error)}") from error
    if not isinstance(value, dict):
        raise ManifestError("it is no object")
    return Structured(value, lines_of(data.removeprefix(b"\xef\xbb\xbf"), language))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ManifestError(f"the key `{short(twice)}` stands twice in one object")
    return found
