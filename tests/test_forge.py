from datetime import UTC, datetime

from forge import Executable, Forge, Symlink


def test_same_steps_make_the_same_oids(tmp_path):
    def build(root):
        work = Forge(root).work()
        work.commit({"a.txt": "one\n", "run.sh": Executable("#!/bin/sh\n"), "to": Symlink("a.txt")}, "first")
        work.branch("side")
        work.commit({"b.txt": "two\n"}, "second", author="south")
        work.checkout("main")
        work.merge("side")
        work.tag("v1", message="one")
        return work.oid("refs/tags/v1")

    assert build(tmp_path / "one") == build(tmp_path / "other")


def test_commits_carry_fixed_names_a_ticking_clock_and_a_sign_off(forge):
    work = forge.work()
    work.commit({"a": "1"}, "first")
    work.commit({"a": "2"}, "second", author="east", date="2026-02-03", sign_off=False)
    work.commit(
        {"a": "3"},
        "third",
        author="Someone Else <else@corpus.example>",
        date=datetime(2026, 3, 4, tzinfo=UTC),
    )
    log = work.git(
        "log", "--reverse", "--date=iso-strict", "--format=%an <%ae>|%ad|%cd|%(trailers:only,separator=;)"
    )
    assert log.stdout == (
        "Author North <north@corpus.example>|2026-01-05T00:00:00+00:00|2026-01-05T00:00:00+00:00"
        "|Signed-off-by: Author North <north@corpus.example>\n"
        "Author East <east@corpus.example>|2026-02-03T00:00:00+00:00|2026-02-03T00:00:00+00:00|\n"
        "Someone Else <else@corpus.example>|2026-03-04T00:00:00+00:00|2026-03-04T00:00:00+00:00"
        "|Signed-off-by: Someone Else <else@corpus.example>\n"
    )


def test_a_push_reports_what_the_server_said(forge):
    bare = forge.bare()
    forge.run("config", "receive.advertisePushOptions", "true", cwd=bare)
    hook = bare / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\necho "not $GIT_PUSH_OPTION_0"\nexit 1\n')
    hook.chmod(0o755)
    work = forge.clone(bare)
    work.commit({"a": "1"})
    outcome = work.push("main", options=["today"])
    assert (outcome.accepted, outcome.remote) == (False, "not today")
    hook.unlink()
    assert work.push("main").accepted


def test_files_folders_and_links_replace_each_other(forge):
    work = forge.work()
    work.commit({"a/b": "1", "c": Symlink("a")})
    work.commit({"a": "now a file", "c/d": "now a folder"})
    work.commit({"a": None, "c": None, "e": ""})
    listed = work.git("log", "--reverse", "--format=", "--name-status", "--no-renames").stdout.split()
    assert listed == [
        "A",
        "a/b",
        "A",
        "c",
        "A",
        "a",
        "D",
        "a/b",
        "D",
        "c",
        "A",
        "c/d",
        "D",
        "a",
        "D",
        "c/d",
        "A",
        "e",
    ]
