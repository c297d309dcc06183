"""Whatever is public is documented: every command, option and code."""

import re
from pathlib import Path

import gitcorpus
from gitcorpus.cli.manual import commands_page
from gitcorpus.cli.spec import code_sections

PACKAGE = Path(gitcorpus.__file__).parent
DOCS = PACKAGE.parent / "docs"


def test_the_commands_page_is_what_the_commands_say():
    written = (DOCS / "reference" / "commands.md").read_text()
    assert written == commands_page(), "python -m gitcorpus.cli.manual > docs/reference/commands.md"


def test_every_code_of_the_server_and_the_commands_has_its_section():
    files = [*(PACKAGE / "server").glob("*.py"), *(PACKAGE / "cli").glob("*.py")]
    text = "\n".join(path.read_text() for path in files)
    raised = re.findall(r'(?:Error|fault|note|_print_message)\(\s*(?:"", )?"([a-z]+(?:-[a-z]+)*)"', text)
    assert len(set(raised)) > 30
    assert set(raised) - code_sections().keys() == set()
