"""What is written is on the disk: fsync for files, and for folders whose names changed (fsync(2))."""

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Bring a file's bytes, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
