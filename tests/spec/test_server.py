import pytest
from inline_snapshot import snapshot

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox, Server, Tool
from gitcorpus.spec.server import parse_server

FULL = """\
apiVersion: gitcorpus/v1
kind: Server
policy_branch: refs/heads/trunk
admins: [lead]
pusher: {variables: [REMOTE_USER], account: false}
limits: {files: 5000}
python: /opt/python/bin/python3
"""


def test_reads_every_field():
    assert parse_server(FULL.encode(), "server.yaml") == Server(
        policy_branch="refs/heads/trunk",
        admins=("lead",),
        pusher_variables=("REMOTE_USER",),
        pusher_account=False,
        max_files=5000,
        python="/opt/python/bin/python3",
    )


def test_has_defaults():
    assert parse_server(b"apiVersion: gitcorpus/v1\nkind: Server\n", "server.yaml") == Server()


MINIMAL = "apiVersion: gitcorpus/v1\nkind: Server\n"
TOOLS = """\
tools:
  ruff: {command: [/usr/bin/ruff, check, .], sandbox: none}
  other: {command: [/opt/other], memory: 512MiB}
"""


def test_reads_tools():
    assert parse_server((MINIMAL + TOOLS).encode(), "server.yaml").tools == (
        Tool(name="ruff", command=("/usr/bin/ruff", "check", "."), unsandboxed=True),
        Tool(name="other", command=("/opt/other",), memory_bytes=512 << 20),
    )


SANDBOX = """\
sandbox:
  program: /opt/bwrap
  mounts: [/srv/python]
  path: [/srv/python/bin]
  caches: {go-build: /srv/caches/go}
  cgroups: [/sys/fs/cgroup/git]
  memory: 1GiB
  disk: 64MiB
  processes: 100
"""


def test_reads_where_pushed_code_runs():
    assert parse_server((MINIMAL + SANDBOX).encode(), "server.yaml").sandbox == Sandbox(
        program="/opt/bwrap",
        mounts=("/srv/python",),
        path=("/srv/python/bin",),
        caches=(("go-build", "/srv/caches/go"),),
        cgroups=("/sys/fs/cgroup/git",),
        memory_bytes=1 << 30,
        disk_bytes=64 << 20,
        processes=100,
    )
    assert parse_server((MINIMAL + "sandbox: none\n").encode(), "server.yaml").sandbox == Sandbox(
        unconfined=True
    )


@pytest.mark.parametrize(
    "sandbox",
    ["some", "[none]", "{mounts: [srv]}", "{path: ['/a:/b']}", "{caches: {Go: /srv/go}}", "{memory: 1}"],
)
def test_says_what_a_sandbox_cannot_be(sandbox):
    with pytest.raises(UnjudgedError) as caught:
        parse_server((MINIMAL + f"sandbox: {sandbox}\n").encode(), "server.yaml")
    assert caught.value.code == "server-file-broken"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("/usr/bin/ruff", "ruff", "`command[0]` cannot be `ruff`"),
        ("[/opt/other]", "[]", "`command` needs at least 1 item"),
        ("command: [/opt/other], ", "", "`other` lacks the field `command`"),
        ("none", "some", "`sandbox` is `some`, which means nothing here"),
        ("[/opt/other]", "/opt/other -x", "`command` is text, it must be a list"),
        ("other:", "-x:", "`-x` cannot be the name of a field here"),
        ("512MiB", "lots", "`memory` cannot be `lots`"),
    ],
)
def test_says_what_is_wrong_with_a_tool(before, after, sentence):
    with pytest.raises(UnjudgedError) as caught:
        parse_server((MINIMAL + TOOLS.replace(before, after)).encode(), "server.yaml")
    assert caught.value.code == "server-file-broken"
    assert caught.value.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            snapshot("""\
server.yaml:1 server-file-broken: the file declares nothing
  hint: begin with `apiVersion: gitcorpus/v1` and `kind:`\
"""),
        ),
        (
            "- a\n",
            snapshot("""\
server.yaml:1:1 server-file-broken: the document is a list, it must be a mapping
  hint: gitcorpus server doctor checks the file\
"""),
        ),
        (
            "a: [\n",
            snapshot("""\
server.yaml:2:1 server-file-broken: the file ends in the middle of a list or a mapping
  hint: close it, or finish the last line\
"""),
        ),
        (
            FULL.replace("admins", "admin").replace("5000", "0"),
            snapshot("""\
server.yaml:4:1 server-file-broken: the document has no field `admin` (1 more)
  hint: did you mean `admins`?\
"""),
        ),
        (
            FULL.replace("refs/heads/trunk", "trunk"),
            snapshot("""\
server.yaml:3:16 server-file-broken: `policy_branch` cannot be `trunk`
  hint: Full name of the policy branch. Default: `refs/heads/main`.\
"""),
        ),
    ],
)
def test_says_where_it_is_broken_and_judges_nothing(text, expected):
    with pytest.raises(UnjudgedError) as caught:
        parse_server(text.encode(), "server.yaml")
    assert f"{caught.value}\n  hint: {caught.value.hint}" == expected
