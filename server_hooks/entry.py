"""What an installed hook starts: it asks the gatekeeper.

    entry.py SOCKET pre-receive     as git's hook, in the repository's directory

The asking itself is a module of its own, so that Python need not compile it for every push. This process ends at once,
without taking itself apart first.
"""

import posix
import sys

sys.path.insert(0, __file__.rpartition("/")[0])
try:
    from asking import main  # only now does Python know where it is
except (ImportError, SyntaxError):  # an upgrade is just putting it there
    import again

    again.start(f"{sys.path[0]}/asking.py")
    raise

posix._exit(main(*sys.argv[1:]))  # noqa: SLF001 - what os._exit is, without os
