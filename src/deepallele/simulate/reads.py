"""Base calls and qualities of read pairs, adapters and errors included."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.fragments import Fragments
from deepallele.simulate.genome import COMPLEMENT, LETTERS, Genome

# Nextera transposase adapter (Illumina document 1000000002694), as mates 1 and 2 read it; then no signal: G.
ADAPTERS = ("CTGTCTCTTATACACATCTCCGAGCCCACGAGAC", "CTGTCTCTTATACACATCTGACGCTGCCGACGA")
MIN_QUALITY, MAX_QUALITY = 2, 41
PHRED_OFFSET = 33
_TEMPLATES = 20_000
_MATE_ERROR = (0.8, 1.2)


class Mates(NamedTuple):
    """Bases (ASCII) and qualities (Phred) of one mate of every pair, each shape=(n, read length), uint8."""

    bases: NDArray[np.uint8]
    quality: NDArray[np.uint8]


def quality_templates(rng: np.random.Generator, read_length: int, error_rate: float) -> NDArray[np.uint8]:
    """Quality strings that fall along the read, differ between reads, and have the mean error rate asked for.

    Returns
    -------
    NDArray
        shape=(20000, read length), uint8, Phred 2 to 41.
    """
    place = np.linspace(0, 1, read_length)
    curve = 38.0 - 7.0 * place**2.5 - 4.0 * np.exp(-place * 12)
    level = rng.normal(0.0, 1.5, (_TEMPLATES, 1)) - rng.exponential(1.5, (_TEMPLATES, 1))
    dips = rng.exponential(9.0, (_TEMPLATES, read_length)) * (rng.random((_TEMPLATES, read_length)) < 0.15)
    raw = curve + level - dips + rng.normal(0.0, 1.0, (_TEMPLATES, read_length))
    low, high = -40.0, 40.0
    for _ in range(40):
        shift = (low + high) / 2
        error = (10 ** (-_phred(raw + shift) / 10)).mean()
        low, high = (shift, high) if error > error_rate else (low, shift)
    return _phred(raw + high).astype(np.uint8)


def _phred(quality: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.rint(quality), MIN_QUALITY, MAX_QUALITY)


class ReadMaker:
    """Turns fragments into pairs of reads."""

    def __init__(
        self,
        rng: np.random.Generator,
        haplotypes: tuple[Genome, Genome],
        read_length: int,
        error_rate: float,
        adapters: tuple[str, str] = ADAPTERS,
    ) -> None:
        # One sequence of both haplotypes, with room for reads that run past the end of a fragment.
        self._codes = np.concatenate(
            [haplotypes[0].codes, haplotypes[1].codes, np.full(read_length, 4, np.uint8)]
        )
        self._second = len(haplotypes[0].codes)
        self._length = read_length
        self._templates = [quality_templates(rng, read_length, error_rate * factor) for factor in _MATE_ERROR]
        self._adapters = [
            np.frombuffer(adapter.encode().ljust(read_length, b"G"), dtype=np.uint8) for adapter in adapters
        ]
        # Errors are drawn as 32-bit integers below this threshold.
        self._limit = np.minimum(10 ** (-np.arange(MAX_QUALITY + 1) / 10) * 2**32, 2**32 - 1).astype(
            np.uint32
        )

    def make(self, rng: np.random.Generator, fragments: Fragments) -> tuple[Mates, Mates]:
        """Reads of fragments: mate 1 begins at the left end, or at the right end where `reverse` is true."""
        shift = fragments.haplotype.astype(np.int64) * self._second
        start, end = fragments.start + shift, fragments.end + shift
        column = np.arange(self._length)
        left = self._codes[start[:, None] + column]
        right = COMPLEMENT[self._codes[end[:, None] - 1 - column]]
        swap = fragments.reverse[:, None]
        first, second = np.where(swap, right, left), np.where(swap, left, right)
        past = column - (end - start)[:, None]
        return self._finish(rng, first, past, 0), self._finish(rng, second, past, 1)

    def _finish(
        self, rng: np.random.Generator, codes: NDArray[np.uint8], past: NDArray[np.int64], mate: int
    ) -> Mates:
        """Read through into the adapter, draw qualities, and draw errors from the qualities."""
        bases = LETTERS[codes]
        if past.max(initial=-1) >= 0:
            through = past >= 0
            bases[through] = self._adapters[mate][past[through]]
        quality = self._templates[mate][rng.integers(0, _TEMPLATES, len(codes))]
        wrong = rng.integers(0, 2**32, codes.shape, dtype=np.uint32) < self._limit[quality]
        rank = np.searchsorted(LETTERS[:4], bases[wrong]).astype(np.uint8)
        bases[wrong] = LETTERS[(rank + rng.integers(1, 4, len(rank), dtype=np.uint8)) % 4]
        return Mates(bases, quality)
