"""The guide's recipes, line by line, in front of the real servers: sshd, gitolite 3, nginx with fcgiwrap.

Where a server is not installed its test is skipped and says so; `.ci/packages` installs them all. What names files of
this machine (`/srv/git`, `/etc/nginx`) or a port is put in the test's folder; the account is the test's own.
"""

import getpass
import os
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from forge import Outcome
from server.installed import settle
from server.transports import find_sshd, free_port, wait_for
from smallest import ADD, SPECS

from gitcorpus.cli.app import main
from gitcorpus.ledger import Ledger

GUIDE = Path(__file__).parents[2] / "docs/guide/server.md"
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
BAD = {f"{ADD}/add.py": "x = (\n"}
PEOPLE = ("lead", "north")


def fence(heading: str, language: str, part: str = "") -> str:
    """Return a block of the guide: the first of a language below a heading that holds some words."""
    text = GUIDE.read_text().partition(f"# {heading}\n")[2]
    found = re.findall(rf"(?ms)^ *```{language}\n(.*?)^ *```", text)
    return next(block for block in found if part in block)


def install(words: str, bare: Path, **changed: str) -> None:
    """Run the guide's `gitcorpus server install`, with the test's repository and admin."""
    line = next(line for line in words.splitlines() if line.strip().startswith("gitcorpus server install"))
    _, *given = line.partition(" #")[0].split()
    named = {"ada": "lead", given[2]: str(bare), **changed}
    assert main([named.get(word, word) for word in given]) == 0


def needs(**programs: str | None) -> None:
    missing = [name for name, found in programs.items() if found is None]
    if missing:
        pytest.skip(
            f"not installed, or it would not start here: {', '.join(missing)}; .ci/packages installs it"
        )


@contextmanager
def running(*command: str | Path, env=None):
    with subprocess.Popen(command, env=env, start_new_session=True) as server:
        try:
            yield
        finally:
            os.killpg(server.pid, signal.SIGTERM)


@contextmanager
def sshd(folder: Path, *more: str):
    """Run the real sshd as the guide sets it up, for the keys of a file that is called `keys`."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host"], check=True)
    port = free_port()
    config = [
        f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder}/host", "PidFile none", "UsePAM no",
        "StrictModes no", "PermitRootLogin forced-commands-only", *more,
        *fence("ssh", "text", "AcceptEnv").splitlines(),
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(config) + "\n")
    with running(find_sshd(), "-D", "-E", folder / "log", "-f", folder / "config"):
        wait_for(port, folder / "log")
        yield port


def key(folder: Path, name: str) -> str:
    """Make a pair of keys; return the public one."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name], check=True
    )
    return (folder / f"{name}.pub").read_text().strip()


def ssh_as(folder: Path, name: str) -> dict[str, str]:
    options = "-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -q"
    return {"GIT_SSH_COMMAND": f"ssh {options} -i '{folder}/{name}'"}


def push(work, url, *words) -> Outcome:
    """Push with a way's URL, words and, at the end, environment."""
    *options, env = words
    done = work.git("push", url, *options, check=False, env=env)
    return Outcome(done.returncode, done.stderr)


def lives(work, bare, way) -> None:
    """Push as two people: specs, something bad, a rehearsal, something good; look at the ledger then."""
    work.commit(SPECS, "specs", author="lead")
    assert not push(work, *way("north", "HEAD:main")).accepted
    first = push(work, *way("lead", "HEAD:main"))
    assert first.accepted, first.stderr
    work.commit(BAD, "bad", author="north")
    bad = push(work, *way("north", "HEAD:topic"))
    assert not bad.accepted
    assert re.search(r"add\.py:1:5 syntax-error: .*\n    x = \(\n {8}\^", bad.remote), bad.stderr
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.commit(GOOD, "good", author="north")
    rehearsed = push(work, *way("north", "HEAD:topic", "-o", "judge-only"))
    assert "judge-only: nothing was stored" in rehearsed.remote
    assert push(work, *way("north", "HEAD:topic")).accepted
    settle(bare)
    entries = [(entry.body.get("outcome"), entry.body.get("pusher")) for entry in Ledger.of(bare).entries()]
    assert [each for each in entries if each[0]] == [
        ("refused", "north"),
        ("accepted", "lead"),
        ("refused", "north"),
        ("accepted", "north"),
    ]
    assert main(["server", "doctor", str(bare), "--quick"]) == 0
    assert main(["gatekeeper", "stop", str(bare)]) == 0


def test_sshd_by_the_guides_lines(forge):
    needs(sshd=find_sshd(), git_shell=shutil.which("git-shell"))
    bare, folder = forge.bare(), forge.root / "ssh"
    folder.mkdir()
    install(fence("Install", "sh", "PUSHER"), bare)
    line = fence("ssh", "text", "PUSHER=ada").strip()
    keys = [
        line.replace("=ada ", f"={name} ").replace("ssh-ed25519 AAAA... ada", key(folder, name))
        for name in PEOPLE
    ]
    (folder / "keys").write_text("\n".join(keys) + "\n")
    with sshd(folder, f"AuthorizedKeysFile {folder}/keys") as port:
        host = f"{getpass.getuser()}@127.0.0.1"

        def way(name, *words):
            return f"ssh://{host}:{port}{bare}", *words, ssh_as(folder, name)

        work = forge.work()
        lives(work, bare, way)
        command = ssh_as(folder, "north")["GIT_SSH_COMMAND"]
        for words in ("", "id", "PUSHER=lead git-receive-pack x"):
            shell = subprocess.run(
                f"{command} -p {port} {host} {words}", shell=True, capture_output=True, check=False
            )
            assert shell.returncode != 0  # git-shell leaves nothing but git
            assert b"uid=" not in shell.stdout


def test_gitolite_by_the_guides_lines(forge):
    needs(sshd=find_sshd(), gitolite=shutil.which("gitolite"))
    home, folder = forge.root / "gitolite", forge.root / "ssh"
    for each in (home, folder):
        each.mkdir()
    environ = forge.environ | {
        "HOME": str(home),
        "USER": getpass.getuser(),
        "PERL5LIB": os.environ.get("PERL5LIB", ""),
    }
    for name in PEOPLE:
        key(folder, name)

    def gitolite(*words):
        subprocess.run(["gitolite", *words], env=environ, cwd=home, check=True, capture_output=True)

    gitolite("setup", "-pk", str(folder / "lead.pub"))
    conf = home / ".gitolite/conf/gitolite.conf"
    conf.write_text(conf.read_text() + "\nrepo corpus\n    RW+ = lead\n    RW = north\n")
    shutil.copy(folder / "north.pub", home / ".gitolite/keydir/north.pub")
    gitolite("compile")
    gitolite("trigger", "POST_COMPILE")
    bare = home / "repositories/corpus.git"
    install(fence("In another server", "sh", "gitolite"), bare)
    assert "GL_USER" in (bare / "gitcorpus/server.yaml").read_text()
    path = os.environ["PATH"]
    given = (f"AuthorizedKeysFile {home}/.ssh/authorized_keys", f'SetEnv HOME={home} "PATH={path}"')
    with sshd(folder, *given) as port:

        def way(name, *words):
            return f"ssh://{getpass.getuser()}@127.0.0.1:{port}/corpus", *words, ssh_as(folder, name)

        work = forge.work()
        lives(work, bare, way)
        denied = push(work, *way("north", "+HEAD~1:topic"))  # gitolite's own rules come first
        assert "DENIED" in denied.stderr
    gitolite("setup")  # which writes its own hooks anew, and leaves ours
    assert main(["server", "doctor", str(bare), "--quick"]) == 0


def test_nginx_and_fcgiwrap_by_the_guides_lines(forge):
    sbin = f"{os.environ['PATH']}:/usr/sbin"
    nginx, fcgiwrap = shutil.which("nginx", path=sbin), shutil.which("fcgiwrap", path=sbin)
    needs(nginx=nginx, fcgiwrap=fcgiwrap, openssl=shutil.which("openssl"))
    folder, bare, port = forge.root / "nginx", forge.bare(), free_port()
    folder.mkdir()
    words = fence("Install", "sh", "PUSHER").replace("PUSHER", "REMOTE_USER")  # as the recipe says
    assert "`--pusher-variable REMOTE_USER --no-account`" in GUIDE.read_text()
    install(words, bare)
    for name in PEOPLE:
        line = fence("nginx and fcgiwrap", "sh", "openssl").strip()
        line = (
            line.replace("ada", name)
            .replace("/etc/nginx", str(folder))
            .replace("-apr1", f"-apr1 {name}-secret")
        )
        subprocess.run(line, shell=True, check=True)
    site = fence("nginx and fcgiwrap", "nginx")
    for old, new in {
        "listen 80": f"listen 127.0.0.1:{port}",
        "/etc/nginx/corpus.users": f"{folder}/corpus.users",
        "/srv/git": str(bare.parent),
        "/run/fcgiwrap.socket": f"{folder}/socket",
    }.items():
        assert old in site
        site = site.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
    )
    account = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""  # Debian's own line says www-data
    (folder / "nginx.conf").write_text(
        f"{account} pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{site}}}\n"
    )
    cgi = running(fcgiwrap, "-f", "-s", f"unix:{folder}/socket", env=forge.environ)
    server = running(nginx, "-e", folder / "log", "-c", folder / "nginx.conf", "-g", "daemon off;")
    with cgi, server:
        wait_for(port, folder / "log")

        def way(name, *words):
            return f"http://{name}:{name}-secret@127.0.0.1:{port}/git/corpus.git", *words, {}

        work = forge.work()
        lives(work, bare, way)
        stranger = push(work, f"http://north:wrong@127.0.0.1:{port}/git/corpus.git", "HEAD:topic2", {})
        assert not stranger.accepted
        noise = "".join(f'x{n} = "{os.urandom(24).hex()}"\n' for n in range(4000))
        work.commit({f"{ADD}/noise.py": noise}, "noise", author="north")
        large = push(work, *way("north", "HEAD:topic"))
        assert "judging 1 commit, 1 file" in large.remote
