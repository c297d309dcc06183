"""What tools write, as remarks: SARIF 2.1.0, JUnit XML, and lines of `path:line: message`.

The bytes come from a program that read pushed files, so they are as hostile as those. What is not of the declared form
is an error and never an empty list: a tool that could not say anything has found nothing out.
"""

from gitcorpus.gates.tool_output.junit import parse_junit
from gitcorpus.gates.tool_output.lines import parse_lines
from gitcorpus.gates.tool_output.remark import OutputError, Remark
from gitcorpus.gates.tool_output.sarif import parse_sarif

__all__ = ["OutputError", "Remark", "parse_junit", "parse_lines", "parse_sarif"]
