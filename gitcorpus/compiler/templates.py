"""A view's template to a function that makes traced text, and every fault of it at its line."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import TracebackType
from typing import Any, Final

from jinja2 import Template as Compiled
from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError

from gitcorpus.compiler.budget import Budget
from gitcorpus.compiler.environment import PLAIN_FILTERS, TracingEnvironment, joined
from gitcorpus.compiler.filters import BOUNDED, FILTERS, Names
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.traced import IllegalTouchError, TracedText
from gitcorpus.model.view import SpecFile, Template

_FIELD: Final = re.compile(r"\{\{ *(\w+)\.(\w+) *\}\}")
"""A template that is one field, as most are: it needs no engine."""


class TemplateFaultError(GitcorpusError):
    """What is wrong with a template, and at which of its lines."""

    line: int = 1
    word: str = ""
    """What in it is wrong, where that is one word."""


TOUCH_HINT: Final = f"use one of the filters: {', '.join(FILTERS)}; or print the texts side by side"


def compile_template(template: Template, file: SpecFile) -> Callable[[Mapping[str, Any]], TracedText]:
    """Return a function from a row's names to traced text.

    Raises:
        GitcorpusError: template-broken, at the view's place; the function raises it too, and
            traced-text-touched, name-unknown.
    """
    environment = TracingEnvironment(template, file)
    compiled = _compiled(environment, template.text)
    field = _FIELD.fullmatch(template.text)

    def render(names: Mapping[str, Any]) -> TracedText:
        environment.budget = Budget()
        try:
            whole = _text_at(names, *field.groups()) if field else None
            if whole is not None:
                return environment.printed(whole, 1)
            return joined(compiled.root_render_func(compiled.new_context(dict(names))))
        except IllegalTouchError as error:
            raise _touched(environment, error, _line(compiled, error)) from error
        except UndefinedError as error:
            raise _unknown(environment, error, names, _line(compiled, error)) from error
        except RecursionError as error:
            raise _broken(environment, "it calls itself without end", _line(compiled, error)) from error
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise _broken(environment, str(error), _line(compiled, error)) from error

    return render


def _compiled(environment: TracingEnvironment, text: str) -> Compiled:
    try:
        return environment.from_string(text)
    except TemplateSyntaxError as error:
        raise _broken(environment, str(error.message), error.lineno) from error
    except (RecursionError, SyntaxError) as error:
        raise _broken(environment, "it nests too deeply", 1) from error
    except (TemplateError, ValueError) as error:
        raise _broken(environment, str(error), 1) from error


def _text_at(names: Mapping[str, Any], row: str, field: str) -> TracedText | None:
    """Return a field of a row if it is a text; whatever else it is, the engine says so."""
    fields = names.get(row)
    found = fields[field] if isinstance(fields, Names) and field in fields else None
    return found if isinstance(found, TracedText) else None


def _line(compiled: Compiled, error: BaseException) -> int:
    """Return the template's line that an error comes from: that of the innermost of its frames."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if _is_of_template(trace):
            line = compiled.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _is_of_template(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename == "<template>"


def _fault(
    environment: TracingEnvironment, line: int, code: str, sentence: str, hint: str
) -> TemplateFaultError:
    place, at = environment.place, environment.file_line(line)
    fault = TemplateFaultError(
        code, sentence, place=str(place if at == place.line else place.at(at)), hint=hint
    )
    fault.line = line
    return fault


def _touched(environment: TracingEnvironment, error: IllegalTouchError, line: int) -> TemplateFaultError:
    sentence = f"{error.touch} would lose where a text came from"
    return _fault(environment, line, "traced-text-touched", sentence, TOUCH_HINT)


def _unknown(
    environment: TracingEnvironment, error: UndefinedError, names: Mapping[str, Any], line: int
) -> TemplateFaultError:
    said = str(error.message)
    what = "field" if "no attribute" in said or "no element" in said else "name"
    quoted = said.split("'")
    sentence = f"there is no {what} `{quoted[-2]}`" if len(quoted) > 1 else said
    hint = f"names here: {', '.join(sorted(names))}"
    return _fault(environment, line, "name-unknown", sentence, hint)


def filter_hint(name: str) -> str:
    """Return the filter whose name is nearest, or all of them."""
    known = sorted((*FILTERS, *BOUNDED, *PLAIN_FILTERS))
    near = get_close_matches(name, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"filters: {', '.join(known)}"


def _broken(environment: TracingEnvironment, sentence: str, line: int) -> TemplateFaultError:
    said, hint = sentence.rstrip("."), ""
    if found := re.search(r"No filter named '([^']+)'", said):
        said, hint = f"there is no filter `{found[1]}`", filter_hint(found[1])
    fault = _fault(environment, line, "template-broken", said, hint)
    fault.word = found[1] if found else ""
    return fault
