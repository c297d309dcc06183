"""The one place that starts a process on pushed content, in a room of its own."""

from gitcorpus.sandbox.folder import GivenFile
from gitcorpus.sandbox.limits import Ending, Limits
from gitcorpus.sandbox.room import Job
from gitcorpus.sandbox.run import ToolRun, run_job

__all__ = ["Ending", "GivenFile", "Job", "Limits", "ToolRun", "run_job"]
