"""A corpus that grows beyond what one push may bring is still tagged and released, and gets new tasks: real pushes."""

from server.installed import settle
from smallest import CONTRIBUTORS, CURRICULUM, GATES, SPECS

from gitcorpus.cli.app import main
from gitcorpus.server.administration import PATH

LEAD, NORTH = {"PUSHER": "lead"}, {"PUSHER": "north"}
FEW = GATES + "gates:\n  - {id: size, uses: size, on: every-commit, with: {max_push_files: 20}}\n"
FOUND = CURRICULUM[: CURRICULUM.index("    tasks:")] + (
    '    discover: {layout: "corpus/basics/{task}", languages: [python]BY}\n'
)


def solutions(part):
    return {f"corpus/basics/add/s{part}-{number}/add.py": f"X = {part}{number}\n" for number in range(15)}


def test_a_corpus_that_was_pushed_in_parts_is_tagged_and_released(forge, warm, tmp_path, capsys):
    work = forge.clone(warm)
    work.commit({**SPECS, "specs/gates.yaml": FEW}, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settings = warm / PATH
    settings.write_text(settings.read_text().replace("files: 100000", "files: 100"))
    for part in range(1, 4):
        work.commit(solutions(part))
        assert work.push("HEAD:main", env=NORTH).accepted
    settle(warm)
    tagged = work.push("HEAD:refs/tags/v1", env=LEAD)
    assert tagged.accepted, tagged.remote
    assert "judging 0 commits, 9 files by the specs of main" in tagged.remote
    assert "the rest of the tagged tree was judged before by the same specs: verdict " in tagged.remote
    settle(warm)
    assert work.push("HEAD:refs/tags/v2", env=LEAD).remote.startswith("judging 0 commits, 0 files by")
    assert main(["release", "v2", "--repo", str(warm), "-o", str(tmp_path / "release")]) == 0
    assert "pairs: 45 records" in capsys.readouterr().out
    work.commit({**solutions(4), **{f"corpus/basics/add/s{number}/add.py": "X = 0\n" for number in range(6)}})
    refused = work.push("HEAD:refs/tags/other", env=NORTH)
    assert not refused.accepted
    assert "it brings 21 files; at most 20" in refused.remote


def test_a_new_task_is_pushed_by_whom_the_specs_name(forge, warm):
    work = forge.clone(warm)
    specs = {**SPECS, "specs/curriculum.yaml": FOUND.replace("BY", "")}
    specs["specs/contributors.yaml"] = CONTRIBUTORS.replace("[integrator]", "[integrator, leads]")
    work.commit({**specs, "corpus/basics/one/main/a.py": "X = 1\n"}, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    work.commit({"corpus/basics/two/main/a.py": "X = 2\n", "corpus/basics/two/main/TASK.md": "Two.\n"})
    assert work.push("HEAD:main", "HEAD:refs/heads/topic", env=NORTH).accepted
    owned = {"specs/curriculum.yaml": FOUND.replace("BY", ", by: owners")}
    work.commit(owned, author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    work.commit({"corpus/basics/three/main/a.py": "X = 3\n"})
    refused = work.push("HEAD:main", env=NORTH)
    assert not refused.accepted
    assert "corpus/basics/three/main/a.py may-not-add-task" in refused.remote
    (way_out,) = (line for line in refused.remote.splitlines() if "git push origin" in line)
    refspec = way_out.partition("git push origin ")[2].partition(",")[0]
    assert work.push(refspec, env=NORTH).accepted
    assert work.push("HEAD:main", env=LEAD).accepted
