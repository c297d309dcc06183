"""The formatters that a declaration names, by language."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.formatters.known import KNOWN, Formatter
from gitcorpus.model.declaration import Declaration

_HINT: Final = "a lead mends `formatters` of the gate {}: gitcorpus spec schema gates/format"


def formatters_of(declaration: Declaration, languages: Collection[str]) -> Mapping[str, Formatter]:
    """Return the formatter of each language that has one.

    Raises:
        UnjudgedError: formatter-unclear, for what a schema cannot refuse: a language that no file is in, and a
            mapping that names no formatter, or two.
    """
    said = declaration.parameters.get("formatters")
    found = said if isinstance(said, dict) else {}
    for language in found:
        if language not in languages:
            sentence = f"no file is in the language `{language}`"
            raise UnjudgedError("formatter-unclear", sentence, hint=_HINT.format(declaration.id))
    return {language: _formatter(value, language, declaration) for language, value in found.items()}


def _formatter(said: Any, language: str, declaration: Declaration) -> Formatter:
    if not isinstance(said, dict):
        return KNOWN[str(said)]
    if ("use" in said) == ("run" in said):
        sentence = f"the formatter of {language} needs either `use` or `run`"
        raise UnjudgedError("formatter-unclear", sentence, hint=_HINT.format(declaration.id))
    options, version = _texts(said.get("options")), str(said.get("version", ""))
    if "use" in said:
        return KNOWN[str(said["use"])].with_options(options, version)
    run, is_filter = _texts(said["run"]), said.get("filter") is True
    return Formatter(
        name=run[0], command=run, version=version, is_filter=is_filter, keeps_names=True, has_sample=False
    )


def _texts(said: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in said) if isinstance(said, list) else ()
