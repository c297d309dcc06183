"""Makes sheets of records, batch by batch: in this process, or in several side by side.

What a batch becomes depends on nothing but its keys. Batches are taken up in turn and handed over in their order, so
that a release is the same byte for byte with any number of processes. One process asks git for owners, since what it
finds out is kept; the others render and trace.
"""

import gc
import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from traceback import format_exception
from typing import Any, Final, NamedTuple
from zlib import crc32

from gitcorpus.compiler.formats import view_schema
from gitcorpus.compiler.owners import Owners, Wanted, wanted_files
from gitcorpus.compiler.render import Rendering
from gitcorpus.compiler.sheets import Laid, Sheet, make_sheet
from gitcorpus.compiler.trace import Tracer
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.model.format import FORMATS
from gitcorpus.model.record import Omission, Record
from gitcorpus.model.traced import text_of

_FORK: Final = multiprocessing.get_context("fork")
"""Processes begin with all that was read already, and share its memory."""


_CUT: Final = 48
"""Records of a batch, on the average."""


class Batch(NamedTuple):
    """Some rows of one view, by the view's place among the renderings."""

    view: int
    keys: Sequence[str]


Ask = Callable[[Wanted], Owners]
_Steps = Generator[Wanted, Owners, Sheet]


class Workshop:
    """Renders and traces batches of some views."""

    def __init__(self, renderings: Sequence[Rendering], tracer: Tracer) -> None:
        self._renderings = renderings
        self._tracer = tracer

    def work(self, batches: Sequence[Batch], ask: Ask, jobs: int) -> Iterator[Sheet]:
        """Yield the sheets of batches, in their order; `ask` tells the owners of lines.

        Raises:
            GitcorpusError: whatever a template does that it may not, and what `ask` raises.
            UnjudgedError: worker-ended.
        """
        n_workers = min(jobs, len(batches))
        if n_workers > 1:
            yield from self._side_by_side(batches, ask, n_workers)
            return
        for batch in batches:
            steps = self._steps(batch)
            yield _finished(steps, ask(next(steps)))
            gc.collect(0)

    def _steps(self, batch: Batch) -> _Steps:
        """Render a batch, wait for the owners of its lines, and trace them."""
        found = list(self._renderings[batch.view].records(batch.keys))
        records = [each for each in found if isinstance(each, Record)]
        owners = yield wanted_files(records)
        laid = [self._laid(record, owners) for record in records]
        view = self._renderings[batch.view].view
        omissions = [each for each in found if isinstance(each, Omission)]
        return make_sheet(laid, omissions, view_schema(view), passing=bool(FORMATS[view.format].passing))

    def _laid(self, record: Record, owners: Owners) -> Laid:
        weight = sum(len(text_of(text).encode()) for text in record.texts.values())
        return Laid(record, weight, tuple(self._tracer.runs(record, owners)))

    def _side_by_side(self, batches: Sequence[Batch], ask: Ask, n_workers: int) -> Iterator[Sheet]:
        workers: list[_Worker] = []
        try:
            for number in range(n_workers):
                workers.append(self._hire(batches[number::n_workers], workers))
            for number in range(len(batches) + n_workers - 1):
                if number < len(batches):
                    worker = workers[number % n_workers]
                    worker.tell(ask(worker.hear()))
                if number >= n_workers - 1:
                    yield workers[(number + 1) % n_workers].hear()
        finally:
            for worker in workers:
                worker.dismiss()

    def _hire(self, batches: Sequence[Batch], others: "Sequence[_Worker]") -> "_Worker":
        here, there = _FORK.Pipe()
        ends = (here, *(other.line for other in others))
        process = _FORK.Process(target=self._serve, args=(batches, there, ends), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

    def _serve(self, batches: Sequence[Batch], line: Connection, ends: Sequence[Connection]) -> None:
        """Be a worker: whoever has no more use for it hangs up, and it ends."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for end in ends:
            end.close()
        with suppress(EOFError, BrokenPipeError, ConnectionResetError):
            try:
                for batch in batches:
                    steps = self._steps(batch)
                    line.send(next(steps))
                    line.send(_finished(steps, line.recv()))
                    gc.collect(0)
            except GitcorpusError as error:
                line.send(error)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - it is raised again where it is heard
                line.send(RuntimeError("".join(format_exception(error))))


def batched(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    """Cut keys into lists of at most some, in order, mostly where a key says so: one key more moves no other cut."""
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == most or not crc32(key.encode("utf-8", "surrogateescape")) % _CUT:
            yield batch
            batch = []
    if batch:
        yield batch


def _finished(steps: _Steps, owners: Owners) -> Sheet:
    try:
        steps.send(owners)
    except StopIteration as end:
        sheet: Sheet = end.value
        return sheet
    raise RuntimeError("a batch asks once")


class _Worker(NamedTuple):
    """A process, and the line to it."""

    process: ForkProcess
    line: Connection

    def tell(self, word: Owners) -> None:
        """Send it something; one that has ended is noticed when it is heard."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.line.send(word)

    def hear(self) -> Any:
        """Return what it says next.

        Raises:
            GitcorpusError: what went wrong there.
            RuntimeError: what should not have, with where it was.
            UnjudgedError: worker-ended.
        """
        try:
            word = self.line.recv()
        except (EOFError, ConnectionResetError) as error:
            self.process.join()
            sentence = f"a process that renders records ended, exit code {self.process.exitcode}"
            hint = "`--jobs 1` renders in one process, which needs least memory"
            raise UnjudgedError("worker-ended", sentence, hint=hint) from error
        if isinstance(word, (GitcorpusError, RuntimeError)):
            raise word
        return word

    def dismiss(self) -> None:
        """Hang up, and see to its end."""
        self.line.close()
        self.process.terminate()
        self.process.join()
