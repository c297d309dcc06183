"""Views are compiled without data, where this installation has what compiles them; else it is said that they are not.

What compiles is loaded when the first view is asked for: most pushes bring none, and an author's light install has no
DuckDB. Gates do not know the compiler; they are handed these functions.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.view import View
from gitcorpus.packages import install_command, missing
from gitcorpus.spec.sources import READY, SpecSource


def warm() -> None:
    """Load what compiles views, so that the push that brings one need not."""
    if not missing():
        import_module("gitcorpus.compiler.bind")


def view_faults(views: Iterable[View], source: SpecSource) -> Iterator[Finding]:
    """Yield what is wrong with a corpus's own views; ready ones were tried before they shipped.

    Raises:
        UnjudgedError: package-missing, if there are views and this installation cannot compile them.
    """
    own = tuple(view for view in views if not view.file.path.startswith(READY))
    if not own:
        return
    if lacking := missing():
        sentence = f"views cannot be compiled here: {', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing"
        hint = "an administrator runs `gitcorpus server doctor`, which names the command that installs them"
        raise UnjudgedError("package-missing", sentence, hint=hint)
    from gitcorpus.compiler.bind import view_findings  # noqa: PLC0415 - an author's light install has no DuckDB

    yield from view_findings(own, reader_of(source))


def view_faults_or_note(views: Iterable[View], source: SpecSource) -> Iterator[Finding]:
    """Yield the same; where views cannot be compiled, a warning that they were not: the server compiles them."""
    own = tuple(views)
    try:
        yield from view_faults(own, source)
    except UnjudgedError as error:
        sentence = (
            f"{error.sentence}, so their SQL and their templates were not checked; the server checks them"
        )
        place = next(view.place for view in own if not view.file.path.startswith(READY))
        yield Finding(
            code="views-not-compiled",
            place=place,
            sentence=sentence,
            hint=install_command(),
            severity=Severity.WARN,
        )


def reader_of(source: SpecSource) -> Callable[[str], bytes]:
    """Return a function from the path of a spec file to its bytes."""
    files = source.spec_files()

    def read(path: str) -> bytes:
        data = files[path]
        return data if isinstance(data, bytes) else b""

    return read
