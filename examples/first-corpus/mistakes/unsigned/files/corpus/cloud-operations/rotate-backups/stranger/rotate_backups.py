"""Tell how many backups a folder holds."""

import sys
from pathlib import Path

print(len(list(Path(sys.argv[1]).glob("backup-*.tar.gz"))), "backups")
