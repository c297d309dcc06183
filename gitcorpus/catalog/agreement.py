"""How far annotators agree: Krippendorff's alpha for ordinal data, exactly.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011. A unit is one candidate for one prompt by one
rubric; its values are the ranks that annotators give it. Units with fewer than two values say nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction


def krippendorff(units: Iterable[Sequence[int]]) -> Fraction | None:
    """Return alpha, 1 for perfect agreement and 0 for chance; none if there is nothing to compare.

    Args:
        units: for each unit the values that it was given, missing ones left out.
    """
    pairable = [values for values in units if len(values) > 1]
    weights: dict[tuple[int, int], Fraction] = {}
    for values in pairable:
        counts = Counter(values)
        for one, n_one in counts.items():
            for other, n_other in counts.items():
                pairs = n_one * (n_other - (one == other))
                key = (one, other)
                weights[key] = weights.get(key, Fraction(0)) + Fraction(pairs, len(values) - 1)
    margins: dict[int, Fraction] = {}
    for (one, _), weight in weights.items():
        margins[one] = margins.get(one, Fraction(0)) + weight
    total = sum(margins.values(), Fraction(0))
    expected = sum(
        (
            margins[one] * margins[other] * _distance(one, other, margins)
            for one in margins
            for other in margins
        ),
        Fraction(0),
    )
    if not expected or total <= 1:
        return None
    observed = sum(
        (weight * _distance(one, other, margins) for (one, other), weight in weights.items()), Fraction(0)
    )
    return 1 - (total - 1) * observed / expected


def _distance(one: int, other: int, margins: dict[int, Fraction]) -> Fraction:
    """Return the squared ordinal distance: how many values lie between two, themselves by half."""
    low, high = min(one, other), max(one, other)
    between = sum((count for value, count in margins.items() if low <= value <= high), Fraction(0))
    return (between - (margins[one] + margins[other]) / 2) ** 2
