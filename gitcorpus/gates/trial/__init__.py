"""Trials: what builds and tests the solutions of a push, and what that says. They serve several gates."""

from gitcorpus.gates.trial.plan import Plan, Report, Source, Work, plans_of, programs_of
from gitcorpus.gates.trial.run import Trial, quoted, tried

__all__ = ["Plan", "Report", "Source", "Trial", "Work", "plans_of", "programs_of", "quoted", "tried"]
