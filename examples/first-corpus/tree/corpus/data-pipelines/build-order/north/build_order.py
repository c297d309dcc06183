"""An order in which to build targets that need each other."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping


class CircleError(ValueError):
    """Targets wait for each other; `circle` names them, each followed by one that it needs."""

    def __init__(self, circle: list[str]) -> None:
        super().__init__(" needs ".join([*circle, circle[0]]))
        self.circle = circle


def build_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return every target after all that it needs; ties go to the smallest name."""
    missing: dict[str, set[str]] = {target: set(names) for target, names in needs.items()}
    for names in list(missing.values()):
        for name in names:
            missing.setdefault(name, set())
    waiting = defaultdict(list)
    for target, names in missing.items():
        for name in names:
            waiting[name].append(target)

    ready = [target for target, names in missing.items() if not names]
    heapq.heapify(ready)
    order = []
    while ready:
        done = heapq.heappop(ready)
        order.append(done)
        del missing[done]
        for target in waiting[done]:
            missing[target].remove(done)
            if not missing[target]:
                heapq.heappush(ready, target)
    if missing:
        raise CircleError(find_circle(missing))
    return order


def find_circle(missing: Mapping[str, set[str]]) -> list[str]:
    """Walk along needs, of which every target has at least one, until a target comes again."""
    path: list[str] = []
    target = min(missing)
    while target not in path:
        path.append(target)
        target = min(missing[target])
    return path[path.index(target) :]
