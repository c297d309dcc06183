"""The system calls that pushed code may not make, as a filter for the kernel (seccomp(2), in classic BPF).

Everything that a compiler or a test needs is let through. What is refused is what reaches past a namespace (mounts,
other namespaces, handles, keys, vsock), what looks into other processes, what loads code into the kernel, and what
takes memory that no limit counts (memfd, shared memory and messages of System V, io_uring). Numbers: `asm/unistd.h`.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

EPERM: Final = 1
ENOSYS: Final = 38

_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_KILL: Final = 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Offsets in `struct seccomp_data`; of an argument, its low half."""

_NEW_NAMESPACES: Final = 0x7E020080
"""CLONE_NEW*: of users, processes, mounts, the network, IPC, names, cgroups, time."""
_FAMILIES: Final = (1, 2, 10, 16)
"""Socket families that stay within the room: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK."""
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


class Machine(NamedTuple):
    """What the kernel calls a processor, and the numbers of its system calls."""

    audit: int
    refused: Mapping[str, int]
    absent: Mapping[str, int]
    """Answered as if the kernel had none, so that programs do without."""
    clone: int
    ioctl: int
    sockets: tuple[int, int]
    """Of `socket` and `socketpair`."""
    foreign_from: int
    """Numbers from here on are another ABI's; 0 if there is none."""


_LATER: Final = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "quotactl_fd": 443,
}  # fmt: skip
"""Calls that have the same number everywhere."""

MACHINES: Final[Mapping[str, Machine]] = {
    "x86_64": Machine(
        audit=0xC000003E,
        refused=_LATER | {
            "shmget": 29, "msgget": 68, "ptrace": 101, "syslog": 103, "personality": 135, "uselib": 134,
            "ustat": 136, "sysfs": 139, "vhangup": 153, "modify_ldt": 154, "pivot_root": 155, "_sysctl": 156,
            "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166,
            "swapon": 167, "swapoff": 168,
            "reboot": 169, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
            "lookup_dcookie": 212, "clock_settime": 227, "mbind": 237, "kexec_load": 246, "add_key": 248,
            "request_key": 249, "keyctl": 250, "migrate_pages": 256, "unshare": 272, "move_pages": 279,
            "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
            "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
            "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
        },
        absent={"memfd_create": 319, "clone3": 435, "memfd_secret": 447},
        clone=56, ioctl=16, sockets=(41, 53), foreign_from=0x40000000,
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        refused=_LATER | {
            "lookup_dcookie": 18, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "vhangup": 58,
            "quotactl": 60, "acct": 89, "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105,
            "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142,
            "settimeofday": 170, "adjtimex": 171, "msgget": 186, "shmget": 194, "add_key": 217,
            "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225, "mbind": 235, "migrate_pages": 238,
            "move_pages": 239,
            "perf_event_open": 241, "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265,
            "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
            "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
        },
        absent={"memfd_create": 279, "clone3": 435, "memfd_secret": 447},
        clone=220, ioctl=29, sockets=(198, 199), foreign_from=0,
    ),
}  # fmt: skip


def seccomp_filter(machine: Machine) -> bytes:
    """Return the filter for a processor, as bubblewrap's `--seccomp` reads it.

    Source: Linux, Documentation/userspace-api/seccomp_filter.rst.
    """
    return b"".join(struct.pack("<HBBI", *step) for step in _steps(machine))


def _steps(machine: Machine) -> Iterator[tuple[int, int, int, int]]:
    """Yield steps: operation, how many to skip if it holds and if it does not, operand."""
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, machine.audit
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    if machine.foreign_from:
        yield _AT_LEAST, 0, 1, machine.foreign_from
        yield _RETURN, 0, 0, _ERRNO | ENOSYS
    for numbers, error in ((machine.refused, EPERM), (machine.absent, ENOSYS)):
        for number in sorted(numbers.values()):
            yield _EQUAL, 0, 1, number
            yield _RETURN, 0, 0, _ERRNO | error
    yield from _unless_called(machine.clone, ((_LOAD, 0, 0, _FIRST), (_ANY_BIT, 0, 1, _NEW_NAMESPACES)))
    yield from _unless_called(
        machine.ioctl, ((_LOAD, 0, 0, _SECOND), (_EQUAL, 1, 0, _TIOCSTI), (_EQUAL, 0, 1, _TIOCLINUX))
    )
    families = tuple((_EQUAL, len(_FAMILIES) - number, 0, family) for number, family in enumerate(_FAMILIES))
    for socket in machine.sockets:
        yield from _unless_called(socket, ((_LOAD, 0, 0, _FIRST), *families))
    yield _RETURN, 0, 0, _ALLOW


def _unless_called(
    number: int, steps: tuple[tuple[int, int, int, int], ...]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield steps that look at one call's arguments; where they end, the call is refused, one further it is not."""
    yield _EQUAL, 0, len(steps) + 2, number
    yield from steps
    yield _RETURN, 0, 0, _ERRNO | EPERM
    yield _LOAD, 0, 0, _NUMBER
