"""Exons and introns of one gene, by distance from its TSS."""

import numpy as np
from numpy.typing import NDArray

MIN_INTRON = 70
# Number of exons: 1 + Poisson. Lengths are log-normal: median, sd of the natural logarithm, least, most.
_MEAN_INTRONS = 3.5
_EXON = (130.0, 0.4, 50, 400)
_LAST_EXON = (450.0, 0.5, 260, 1500)
_INTRON = (600.0, 1.0)
# The first exon ends where the regulatory region does.
_FIRST_LEAST = 160


def draw_exons(rng: np.random.Generator, room: int, full: bool) -> NDArray[np.int64]:
    """Draw the exons of a gene.

    Parameters
    ----------
    rng
        Source of randomness.
    room
        Most bases that the gene may span; at least 490 where `full`.
    full
        Whether it must span just these and have two exons at least.

    Returns
    -------
    NDArray
        shape=(n, 2), int64: first base and end of each exon (half-open), counted from the TSS on.
    """
    sizes = _draw_sizes(rng, room, 2 if full else 1)
    gaps = len(sizes) - 1
    spare = room - int(sizes.sum()) - MIN_INTRON * gaps
    extra = np.exp(rng.normal(np.log(_INTRON[0]), _INTRON[1], gaps))
    if full or extra.sum() > spare:
        extra *= spare / max(extra.sum(), 1.0)
    between = MIN_INTRON + np.floor(extra).astype(np.int64)
    if full:
        between[-1] += room - int(sizes.sum() + between.sum())
    start = np.concatenate([[0], np.cumsum(sizes[:-1] + between)])
    return np.stack([start, start + sizes], axis=1)


def _draw_sizes(rng: np.random.Generator, room: int, least: int) -> NDArray[np.int64]:
    """Lengths of the exons; there are as many as fit into the room with the shortest introns."""
    number = max(least, 1 + int(rng.poisson(_MEAN_INTRONS)))
    sizes = np.append(_lengths(rng, number - 1, *_EXON), _lengths(rng, 1, *_LAST_EXON))
    sizes[0] = max(int(sizes[0]), _FIRST_LEAST)
    while len(sizes) > least and _span(sizes) > room:
        # The first exon goes last, because it alone keeps the splice motif out of the regulatory region.
        sizes = np.delete(sizes, 1 if len(sizes) > 2 else 0)
    if _span(sizes) > room:
        return np.array([room] if least == 1 else [_FIRST_LEAST, _LAST_EXON[2]])
    return sizes


def _lengths(
    rng: np.random.Generator, number: int, median: float, spread: float, least: int, most: int
) -> NDArray[np.int64]:
    drawn = np.exp(rng.normal(np.log(median), spread, number))
    return np.clip(np.rint(drawn), least, most).astype(np.int64)


def _span(sizes: NDArray[np.int64]) -> int:
    return int(sizes.sum()) + MIN_INTRON * (len(sizes) - 1)
