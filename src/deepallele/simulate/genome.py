"""A random reference genome with isochores, few CpG, and gaps of N at the chromosome ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
END_GAP = 500
MITO_LENGTH = 16_300
_ISOCHORE = 5_000
_CPG_FACTOR = 0.3


@dataclass(frozen=True)
class Genome:
    """Chromosomes laid end to end.

    Attributes
    ----------
    names
        Contig names, chrM last.
    offset
        shape=(contigs + 1,), int64: where each contig starts in `codes`; the last entry is the total length.
    codes
        shape=(total,), uint8: A 0, C 1, G 2, T 3, N 4.
    """

    names: list[str]
    offset: NDArray[np.int64]
    codes: NDArray[np.uint8]

    def contig_of(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Index of the contig that holds each global position."""
        return np.searchsorted(self.offset, position, side="right") - 1

    def local(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Position within its contig of each global position."""
        return position - self.offset[self.contig_of(position)]

    def text(self, contig: int) -> bytes:
        """Letters of one contig."""
        return decode(self.codes[self.offset[contig] : self.offset[contig + 1]])


def decode(codes: NDArray[np.uint8]) -> bytes:
    """Letters ACGTN of codes 0 to 4."""
    return bytes(LETTERS[codes].tobytes())


def reverse_complement(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reverse complement along the last axis of codes 0 to 4."""
    return COMPLEMENT[codes[..., ::-1]]


def random_genome(rng: np.random.Generator, chromosomes: int, length: int) -> Genome:
    """Draw a genome of equal chromosomes and a chrM.

    Each stretch of 5 kb has its own GC share (0.38 to 0.50, changing slowly along the chromosome) and follows
    a Markov chain of order 3 with depleted CpG and small random preferences.

    Parameters
    ----------
    rng
        Source of randomness.
    chromosomes
        How many, besides chrM.
    length
        Length of each chromosome in base pairs, gaps at both ends included.
    """
    preference = np.exp(rng.normal(0.0, 0.12, (64, 4)))
    parts = []
    for _ in range(chromosomes):
        codes = _chains(rng, _gc_track(rng, -(-length // _ISOCHORE)), _ISOCHORE, preference)[:length]
        codes[:END_GAP] = codes[-END_GAP:] = 4
        parts.append(codes)
    parts.append(_chains(rng, np.full(-(-MITO_LENGTH // 500), 0.37), 500, preference)[:MITO_LENGTH])
    offset = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    names = [f"chr{i + 1}" for i in range(chromosomes)] + ["chrM"]
    return Genome(names, offset, np.concatenate(parts))


def _gc_track(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    walk = np.convolve(rng.normal(0.0, 1.0, count + 8), np.full(9, 1 / 3), mode="valid")
    return np.asarray(0.44 + 0.06 * np.tanh(walk))


def _chains(
    rng: np.random.Generator, gc: NDArray[np.float64], length: int, preference: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Run one Markov chain per entry of `gc` side by side and lay them end to end."""
    composition = np.stack([1 - gc, gc, gc, 1 - gc], axis=1) / 2
    table = preference[None] * composition[:, None, :]
    table[:, 1::4, 2] *= _CPG_FACTOR
    cumulative = np.cumsum(table / table.sum(axis=2, keepdims=True), axis=2)[:, :, :3]
    codes = np.empty((len(gc), length), dtype=np.uint8)
    context = rng.integers(0, 64, len(gc))
    rows = np.arange(len(gc))
    for column in range(length):
        draw = rng.random(len(gc))
        base = (draw[:, None] > cumulative[rows, context]).sum(axis=1)
        codes[:, column] = base
        context = (context * 4 + base) % 64
    return codes.reshape(-1)
