"""Sphinx reads the Markdown of this folder; it reads as well on a git server without Sphinx."""

project = "gitcorpus"
author = "The gitcorpus developers"
copyright = "the gitcorpus developers"  # noqa: A001 - Sphinx names it so
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "changes"]
html_theme = "furo"
html_title = "gitcorpus"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
# Examples in the design pages quote commands and files, not pages of this documentation.
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
