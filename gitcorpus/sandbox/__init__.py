"""The one place that starts a process on pushed content: a program of the administrator, in a folder of its own."""

from gitcorpus.sandbox.folder import GivenFile
from gitcorpus.sandbox.run import Ending, Limits, ToolRun, run_tool

__all__ = ["Ending", "GivenFile", "Limits", "ToolRun", "run_tool"]
