"""Sizes and times as specs write them: `1MiB`, `10m`."""

import re
from typing import Final

_BYTES: Final = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_QUANTITY: Final = re.compile(r"([0-9]+)([A-Za-z]*)\Z")


def parse_bytes(text: str) -> int:
    """Return the number of bytes that a size such as `512KiB` or `4096` names."""
    number, unit = _parse(text)
    return number * _BYTES[unit]


def parse_seconds(text: str) -> int:
    """Return the number of seconds that a time such as `60s` or `10m` names."""
    number, unit = _parse(text)
    return number * _SECONDS[unit]


def _parse(text: str) -> tuple[int, str]:
    found = _QUANTITY.match(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]), found[2]
