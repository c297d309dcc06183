"""Trials: what builds and tests the solutions of a push, and what that says. They serve several gates."""

from gitcorpus.gates.trial.plan import (
    Need,
    Plan,
    Report,
    Source,
    Work,
    is_program,
    needs_of,
    plans_of,
    programs_of,
)
from gitcorpus.gates.trial.run import Trial, quoted, tried

__all__ = [
    "Need",
    "Plan",
    "Report",
    "Source",
    "Trial",
    "Work",
    "is_program",
    "needs_of",
    "plans_of",
    "programs_of",
    "quoted",
    "tried",
]
