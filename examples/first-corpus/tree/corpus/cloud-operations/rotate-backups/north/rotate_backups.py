"""Keep the newest backups of a folder and remove the others."""

import argparse
import re
from datetime import date
from pathlib import Path

NAME = re.compile(r"backup-(\d{4}-\d{2}-\d{2})\.tar\.gz")


def day_of(path: Path) -> date | None:
    """Return the day in a backup's name; none for any other file, and for days that no calendar has."""
    found = NAME.fullmatch(path.name)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[1])
    except ValueError:
        return None


def surplus(folder: Path, keep: int) -> list[Path]:
    """Return the backups to remove, the oldest first."""
    dated = sorted((day, path) for path in folder.iterdir() if (day := day_of(path)))
    return [path for _, path in dated[:-keep]]


def positive(text: str) -> int:
    """Parse a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("keep", type=positive)
    options = parser.parse_args(arguments)
    for path in surplus(options.folder, options.keep):
        path.unlink()
        print(f"removed {path}")


if __name__ == "__main__":
    main()
