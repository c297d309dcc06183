import pytest
from rotate_backups import main


@pytest.fixture
def folder(tmp_path):
    for day in ("2025-12-31", "2026-01-01", "2026-01-02"):
        (tmp_path / f"backup-{day}.tar.gz").touch()
    for other in ("backup-latest.tar.gz", "backup-2026-02-30.tar.gz", "notes.txt"):
        (tmp_path / other).touch()
    return tmp_path


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_removes_the_oldest_and_says_so(folder, capsys):
    main([str(folder), "2"])
    assert capsys.readouterr().out == f"removed {folder / 'backup-2025-12-31.tar.gz'}\n"
    assert "backup-2026-01-01.tar.gz" in names(folder)


def test_leaves_every_other_file_alone(folder):
    main([str(folder), "1"])
    assert names(folder) == {
        "backup-2026-01-02.tar.gz",
        "backup-latest.tar.gz",
        "backup-2026-02-30.tar.gz",
        "notes.txt",
    }


def test_removes_nothing_while_there_is_room(folder):
    before = names(folder)
    main([str(folder), "3"])
    assert names(folder) == before


@pytest.mark.parametrize("keep", ["0", "-1", "two"])
def test_refuses_a_number_that_is_not_positive(folder, keep, capsys):
    before = names(folder)
    with pytest.raises(SystemExit) as caught:
        main([str(folder), keep])
    assert caught.value.code == 2
    assert names(folder) == before
