"""Makes records ready to be written, batch by batch: in this process, or in several side by side.

What a batch becomes depends on nothing but its keys. Batches are taken up in turn and handed over in their order, so
that a release is the same byte for byte with any number of processes. One process asks git for owners, since what it
finds out is kept; the others render and trace.
"""

import gc
import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, Final, NamedTuple

from gitcorpus.compiler.owners import Owners, Wanted, wanted_files
from gitcorpus.compiler.render import Rendering
from gitcorpus.compiler.trace import Tracer
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.model.record import Made, Omission, Record
from gitcorpus.model.traced import text_of

_FORK: Final = multiprocessing.get_context("fork")
"""Processes begin with all that was read already, and share its memory."""


class Batch(NamedTuple):
    """Some rows of one view, by the view's place among the renderings."""

    view: int
    keys: Sequence[str]


class Done(NamedTuple):
    """What a batch became."""

    records: Sequence[Made]
    omissions: Sequence[Omission]


Ask = Callable[[Wanted], Owners]
_Steps = Generator[Wanted, Owners, Done]


class Workshop:
    """Renders and traces batches of some views."""

    def __init__(self, renderings: Sequence[Rendering], tracer: Tracer) -> None:
        self._renderings = renderings
        self._tracer = tracer

    def work(self, batches: Sequence[Batch], ask: Ask, jobs: int) -> Iterator[Done]:
        """Yield what batches become, in their order; `ask` tells the owners of lines.

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
        made = [self._made(record, owners) for record in records]
        return Done(made, [each for each in found if isinstance(each, Omission)])

    def _made(self, record: Record, owners: Owners) -> Made:
        weight = sum(len(text_of(text).encode()) for text in record.texts.values())
        return Made(record, weight, tuple(self._tracer.runs(record, owners)))

    def _side_by_side(self, batches: Sequence[Batch], ask: Ask, n_workers: int) -> Iterator[Done]:
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
                    line.send(_packed(_finished(steps, line.recv())))
                    gc.collect(0)
            except GitcorpusError as error:
                line.send(error)


def _finished(steps: _Steps, owners: Owners) -> Done:
    try:
        steps.send(owners)
    except StopIteration as end:
        done: Done = end.value
        return done
    raise RuntimeError("a batch asks once")


def _packed(done: Done) -> Done:
    """Leave out what has no further use: the texts stand in the values too."""
    return done._replace(
        records=[made._replace(record=replace(made.record, texts={})) for made in done.records]
    )


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
            UnjudgedError: worker-ended.
        """
        try:
            word = self.line.recv()
        except (EOFError, ConnectionResetError) as error:
            self.process.join()
            sentence = f"a process that renders records ended, exit code {self.process.exitcode}"
            hint = "`--jobs 1` renders in one process, which needs least memory"
            raise UnjudgedError("worker-ended", sentence, hint=hint) from error
        if isinstance(word, GitcorpusError):
            raise word
        return word

    def dismiss(self) -> None:
        """Hang up, and see to its end."""
        self.line.close()
        self.process.terminate()
        self.process.join()
