"""The regulatory grammar: log2 activity of a region from its sequence alone.

Activity = sum over motifs and positions of strength x occupancy x weight, plus an extra term for each
neighbouring pair of two cooperating motifs. A position has the better of its two strands; its weight falls
from 1 to 0 between 90 and 120 bp from the summit.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.simulate.motifs import Motif

FULL_WEIGHT = 90
NO_WEIGHT = 120
PAIR_DISTANCE = (10, 40)
_CHUNK = 400


class Activity(NamedTuple):
    """log2 activity, shape=(n,), and each motif's summed occupancy, shape=(n, motifs)."""

    total: NDArray[np.float64]
    occupancy: NDArray[np.float64]


@dataclass(frozen=True)
class Cooperation:
    """Two motifs (by index) whose sites add `strength` more when 10 to 40 bp apart."""

    first: int
    second: int
    strength: float


class Grammar:
    """Scores windows of 2 * `half` + 1 bases whose middle base is the region's summit."""

    def __init__(self, motifs: list[Motif], cooperation: Cooperation | None = None) -> None:
        self.motifs = motifs
        self.cooperation = cooperation
        self._width = max(motif.width for motif in motifs)
        self.half = NO_WEIGHT + self._width
        self._matrix = self._score_matrix()
        starts = np.arange(2 * self.half + 2 - self._width)
        centre = starts[:, None] + np.array([(motif.width - 1) / 2 for motif in motifs]) - self.half
        self._weight = np.clip((NO_WEIGHT - np.abs(centre)) / (NO_WEIGHT - FULL_WEIGHT), 0.0, 1.0)
        self._strength = np.array([motif.strength for motif in motifs])

    def _score_matrix(self) -> NDArray[np.float64]:
        """Both strands of every motif as one matrix, shape=(4 * width, 2 * motifs)."""
        count = len(self.motifs)
        matrix = np.zeros((self._width, 4, 2, count))
        for index, motif in enumerate(self.motifs):
            matrix[: motif.width, :, 0, index] = motif.score
            matrix[: motif.width, :, 1, index] = motif.score[::-1, ::-1]
        return matrix.reshape(4 * self._width, 2 * count)

    def activity(self, windows: NDArray[np.uint8]) -> Activity:
        """log2 activity of windows, shape=(n, 2 * half + 1), codes A0 C1 G2 T3 N4 (N scores nothing).

        Returns
        -------
        Activity
            float64; the total is strength-weighted, the occupancies are not.
        """
        parts = [self._activity(windows[i : i + _CHUNK]) for i in range(0, len(windows), _CHUNK)]
        if not parts:
            return Activity(np.zeros(0), np.zeros((0, len(self.motifs))))
        return Activity(
            np.concatenate([p.total for p in parts]), np.concatenate([p.occupancy for p in parts])
        )

    def _activity(self, windows: NDArray[np.uint8]) -> Activity:
        bound = self.occupancy(windows)
        summed = bound.sum(axis=1)
        total = summed @ self._strength
        if self.cooperation is not None:
            total = total + self.cooperation.strength * self._pairs(bound)
        return Activity(total, summed)

    def occupancy(self, windows: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Weighted occupancy of every motif at every start, shape=(n, starts, motifs)."""
        hot = np.eye(5, 4)[windows]
        columns = sliding_window_view(hot, self._width, axis=1).transpose(0, 1, 3, 2)
        flat = columns.reshape(-1, 4 * self._width)
        score = (flat @ self._matrix).reshape(len(windows), -1, 2, len(self.motifs)).max(axis=2)
        bound = np.empty_like(score)
        for index, motif in enumerate(self.motifs):
            bound[..., index] = motif.occupancy(score[..., index])
        return bound * self._weight

    def _pairs(self, bound: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over pairs of sites within reach of the product of their occupancies, shape=(n,)."""
        assert self.cooperation is not None
        first, second = bound[..., self.cooperation.first], bound[..., self.cooperation.second]
        shift = (self.motifs[self.cooperation.second].width - self.motifs[self.cooperation.first].width) // 2
        summed = np.concatenate([np.zeros((len(second), 1)), np.cumsum(second, axis=1)], axis=1)
        starts = np.arange(first.shape[1]) - shift
        near, far = PAIR_DISTANCE
        reach = _between(summed, starts + near, starts + far) + _between(summed, starts - far, starts - near)
        return np.asarray((first * reach).sum(axis=1))


def _between(
    summed: NDArray[np.float64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.float64]:
    last = summed.shape[1] - 1
    return np.asarray(summed[:, np.clip(high + 1, 0, last)] - summed[:, np.clip(low, 0, last)])


def parse_cooperation(text: str, motifs: list[Motif]) -> Cooperation | None:
    """Read ``ID,ID=STRENGTH``; an empty text means none.

    Raises
    ------
    InputError
        If the text is not of this form or names a motif that is not in `motifs`.
    """
    if not text:
        return None
    names, _, value = text.partition("=")
    known = [motif.motif_id for motif in motifs]
    pair = names.split(",")
    try:
        strength = float(value)
        first, second = (known.index(name.strip()) for name in pair)
    except ValueError as error:
        raise InputError(
            f"--cooperative {text!r}: expected ID,ID=STRENGTH with two different motifs of --motifs"
        ) from error
    if first == second:
        raise InputError(f"--cooperative {text!r}: the two motifs are the same; give two different ones")
    return Cooperation(first, second, strength)
