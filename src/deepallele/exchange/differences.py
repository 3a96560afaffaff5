"""Differences between two sequences, by global alignment with affine gap costs.

Only for pairs that come without their variants: a dataset built from genomes knows them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from Bio.Align import PairwiseAligner
from numpy.typing import NDArray

# Costs; a gap of k bases costs GAP_OPEN + k * GAP_EXTEND, a match nothing.
MISMATCH, GAP_OPEN, GAP_EXTEND = 4, 6, 2
# Sequences of equal length that differ otherwise than by substitutions need two gaps.
_GAPLESS = 2 * (GAP_OPEN + GAP_EXTEND) // MISMATCH
_ANY = ord("N")


class Difference(NamedTuple):
    """One difference: alleles and where their first bases lie, 0-based, in each sequence."""

    offset_a: int
    offset_b: int
    allele_a: str
    allele_b: str


class _Gap(NamedTuple):
    """Bases [a, a + size_a) of A and [b, b + size_b) of B that have no partner."""

    a: int
    b: int
    size_a: int
    size_b: int


def find_differences(a: str, b: str) -> list[Difference]:
    """List the differences of two sequences.

    The alignment has the least cost (see the constants of this module). Substitutions stand alone;
    an insertion or deletion is anchored on the base to its left and lies as far left as it can (Tan
    2015, Bioinformatics 31:2202). Where that base is itself substituted, both make one difference; a gap
    at the start is anchored on the base to its right. No difference overlaps another one. A base against
    N is no difference.

    Parameters
    ----------
    a, b
        Upper-case A, C, G, T, N; neither is empty.

    Returns
    -------
    list of Difference
        Sorted by offset. `apply_differences` turns A into B, but for bases that are N in one of them.
    """
    codes = np.frombuffer(a.encode(), np.uint8), np.frombuffer(b.encode(), np.uint8)
    gaps = _align(a, b, *codes)
    placed: list[_Gap] = []
    for gap in gaps:
        placed.append(_leftmost(gap, placed[-1] if placed else None, a, b))
    return _joined([*_substitutions(gaps, *codes), *(_anchored(gap) for gap in placed)], a, b)


def apply_differences(a: str, differences: Sequence[Difference]) -> str:
    """Put B's allele into sequence A at every difference (sorted, not overlapping)."""
    parts, done = [], 0
    for one in differences:
        parts += [a[done : one.offset_a], one.allele_b]
        done = one.offset_a + len(one.allele_a)
    return "".join([*parts, a[done:]])


def _align(a: str, b: str, codes_a: NDArray[np.uint8], codes_b: NDArray[np.uint8]) -> list[_Gap]:
    """Gaps of the best alignment. What both ends share is cut off first, which no cost depends on."""
    shortest = min(len(a), len(b))
    left = _shared(codes_a[:shortest], codes_b[:shortest])
    right = _shared(codes_a[::-1][: shortest - left], codes_b[::-1][: shortest - left])
    middle_a, middle_b = a[left : len(a) - right], b[left : len(b) - right]
    if len(a) == len(b):
        if np.count_nonzero(codes_a != codes_b) <= _GAPLESS:
            return []
    elif not middle_a or not middle_b:
        return [_Gap(left, left, len(middle_a), len(middle_b))]
    corner = _ALIGNER.align(middle_a, middle_b)[0].coordinates + left
    gaps: list[_Gap] = []
    for (at_a, at_b), (step_a, step_b) in zip(corner.T[:-1], np.diff(corner).T, strict=True):
        if step_a and step_b:
            continue
        last = gaps[-1] if gaps else _Gap(-1, -1, 0, 0)
        if (last.a + last.size_a, last.b + last.size_b) == (at_a, at_b):
            gaps[-1] = _Gap(last.a, last.b, last.size_a + int(step_a), last.size_b + int(step_b))
        else:
            gaps.append(_Gap(int(at_a), int(at_b), int(step_a), int(step_b)))
    return gaps


def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner(mode="global", match_score=0, mismatch_score=-MISMATCH)
    aligner.open_gap_score = -(GAP_OPEN + GAP_EXTEND)
    aligner.extend_gap_score = -GAP_EXTEND
    return aligner


_ALIGNER = _aligner()


def _shared(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    """Bases that two sequences of equal length share from their start."""
    different = first != second
    return int(np.argmax(different)) if different.any() else len(first)


def _leftmost(gap: _Gap, before: _Gap | None, a: str, b: str) -> _Gap:
    """Move a gap left through equal bases; at least one pair of bases stays between two gaps."""
    if gap.size_a and gap.size_b:
        return gap
    bases, at = (a, gap.a) if gap.size_a else (b, gap.b)
    size = gap.size_a + gap.size_b
    most = gap.a if before is None else gap.a - (before.a + before.size_a) - 1
    moved = 0
    while (
        moved < most
        and a[gap.a - moved - 1] == b[gap.b - moved - 1]
        and bases[at - moved - 1] == bases[at - moved - 1 + size]
    ):
        moved += 1
    return gap._replace(a=gap.a - moved, b=gap.b - moved)


def _substitutions(
    gaps: Sequence[_Gap], a: NDArray[np.uint8], b: NDArray[np.uint8]
) -> list[tuple[int, int, int, int]]:
    """Spans (offset in A, in B, bases of A, of B) of the substitutions between the gaps."""
    spans, at_a, at_b = [], 0, 0
    for gap in [*gaps, _Gap(len(a), len(b), 0, 0)]:
        one, other = a[at_a : gap.a], b[at_b : gap.b]
        for place in np.flatnonzero((one != other) & (one != _ANY) & (other != _ANY)).tolist():
            spans.append((at_a + place, at_b + place, 1, 1))
        at_a, at_b = gap.a + gap.size_a, gap.b + gap.size_b
    return spans


def _anchored(gap: _Gap) -> tuple[int, int, int, int]:
    shift = 1 if gap.a and gap.b else 0
    return gap.a - shift, gap.b - shift, gap.size_a + 1, gap.size_b + 1


def _joined(spans: Sequence[tuple[int, int, int, int]], a: str, b: str) -> list[Difference]:
    """Sort spans, join those that overlap, and read their alleles."""
    joined: list[list[int]] = []
    for at_a, at_b, size_a, size_b in sorted(spans):
        end_a, end_b = at_a + size_a, at_b + size_b
        if joined and (at_a < joined[-1][2] or at_b < joined[-1][3]):
            joined[-1][2:] = [max(joined[-1][2], end_a), max(joined[-1][3], end_b)]
        else:
            joined.append([at_a, at_b, end_a, end_b])
    return [Difference(i, j, a[i:end_a], b[j:end_b]) for i, j, end_a, end_b in joined]
