"""Made reads of an F1 with a truth that can be looked up: which haplotype, where, which variants."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from accuracy_world import MARGIN, World
from numpy.typing import NDArray

from deepallele.simulate.bytetable import choice, constant, digits, lines
from deepallele.simulate.genome import COMPLEMENT, LETTERS
from deepallele.simulate.informative import Informative, informative_positions
from deepallele.simulate.variants import Variants

# Four levels, as today's sequencers write them; together 0.5 % of the bases are wrong.
LEVELS = np.array([37, 25, 12, 2], dtype=np.uint8)
LEVEL_SHARES = np.array([0.9005, 0.061, 0.0347, 0.0038])
_CHUNK = 50_000


@dataclass(frozen=True)
class ReadSettings:
    """How many fragments, their lengths (normal, in bases), and the length and number of their reads."""

    fragments: int = 200_000
    read_length: int = 75
    paired: bool = True
    fragment_mean: float = 250.0
    fragment_sd: float = 50.0
    seed: int = 1


class Truth(NamedTuple):
    """One row per fragment, in the order of the FASTQ; arrays are (n,).

    Attributes
    ----------
    haplotype
        int8: 0 the reference's, 1 the strain's.
    start, end
        int64: place on that haplotype, contigs laid end to end, 0-based half-open.
    reverse
        bool: the first mate begins at the right end.
    snps, indels
        int64: variants with a base in the reads, or whose both neighbours are; in both mates, counted once.
    told
        int64: those of them that the bases, read without error, tell apart. Bases of an indel that
        repeat their surroundings tell nothing unless the read reaches past them.
    """

    haplotype: NDArray[np.int8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    reverse: NDArray[np.bool_]
    snps: NDArray[np.int64]
    indels: NDArray[np.int64]
    told: NDArray[np.int64]


def draw_fragments(rng: np.random.Generator, world: World, settings: ReadSettings) -> Truth:
    """Draw fragments from everywhere on both haplotypes, and look up what their reads cover."""
    count = settings.fragments
    haplotype = rng.integers(0, 2, count).astype(np.int8)
    size = np.rint(rng.normal(settings.fragment_mean, settings.fragment_sd, count)).astype(np.int64)
    size = np.maximum(size, settings.read_length)
    draw, start = rng.random(count), np.zeros(count, dtype=np.int64)
    for side, genome in enumerate(world.genomes):
        # All contigs without their margins, laid end to end.
        free = np.diff(genome.offset) - 2 * MARGIN
        place = (draw * free.sum()).astype(np.int64)
        contig = np.searchsorted(np.cumsum(free), place, side="right")
        here = place - (np.cumsum(free) - free)[contig]
        inside = np.minimum(here, free[contig] - size)
        start = np.where(haplotype == side, genome.offset[contig] + MARGIN + inside, start)
    end, reverse = start + size, rng.random(count) < 0.5
    single = world.variants.ref_length == world.variants.alt_length
    counts = [
        np.where(
            haplotype == 0, *(_count(place, start, end, reverse, settings) for place in _spots(world, rows))
        )
        for rows in (single, ~single)
    ]
    places = informative_positions(world.genomes[0], world.second, world.variants)
    told = np.where(haplotype == 0, *(_count(place, start, end, reverse, settings) for place in places))
    return Truth(haplotype, start, end, reverse, *counts, told)


def _spots(world: World, rows: NDArray[np.bool_]) -> tuple[Informative, Informative]:
    """For each haplotype, first and last base of which a read must hold one, or both if last < first."""
    variants = world.variants.take(rows)
    return (
        _spot(variants, variants.pos, variants.ref_length),
        _spot(variants, world.second.variant_start[rows], variants.alt_length),
    )


def _spot(variants: Variants, start: NDArray[np.int64], length: NDArray[np.int64]) -> Informative:
    # Of an indel, the base before it is common to both haplotypes.
    indel = variants.ref_length != variants.alt_length
    return Informative(np.sort(start + indel), np.sort(start + length - 1))


def _count(
    place: Informative,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    reverse: NDArray[np.bool_],
    settings: ReadSettings,
) -> NDArray[np.int64]:
    length = settings.read_length
    if not settings.paired:
        low = np.where(reverse, end - length, start)
        return _within(place, low, low + length)
    both = _within(place, end - length, start + length)
    return _within(place, start, start + length) + _within(place, end - length, end) - both


def _within(place: Informative, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of spots that the reads [start, end) reach: start <= last and end > first."""
    return np.maximum(np.searchsorted(place.first, end) - np.searchsorted(place.last, start), 0)


class _Mates(NamedTuple):
    bases: NDArray[np.uint8]
    quality: NDArray[np.uint8]


def _sequence(rng: np.random.Generator, codes: NDArray[np.uint8]) -> _Mates:
    """Draw qualities, then change each base with the probability that its quality states."""
    level = np.searchsorted(np.cumsum(LEVEL_SHARES)[:-1], rng.random(codes.shape, dtype=np.float32))
    error = 10.0 ** (-LEVELS.astype(np.float32) / 10)
    wrong = rng.random(codes.shape, dtype=np.float32) < error[level]
    read = codes.copy()
    read[wrong] = (read[wrong] + rng.integers(1, 4, int(wrong.sum()), dtype=np.uint8)) % 4
    return _Mates(LETTERS[read], LEVELS[level])


def write_reads(world: World, settings: ReadSettings, folder: Path) -> tuple[list[Path], Truth]:
    """Write `reads_1.fq` (and `reads_2.fq`) to `folder`; give their paths and the truth.

    Read names are p<row>:<haplotype>:<start>:<length>, the row being that of the truth.
    """
    rng = np.random.default_rng([settings.seed, 7])
    truth = draw_fragments(rng, world, settings)
    codes = np.concatenate([genome.codes for genome in world.genomes])
    shift = truth.haplotype * np.int64(len(world.genomes[0].codes))
    column = np.arange(settings.read_length)
    paths = [folder / f"reads_{mate + 1}.fq" for mate in range(1 + settings.paired)]
    for path in paths:
        path.write_bytes(b"")
    for low in range(0, settings.fragments, _CHUNK):
        rows = np.arange(low, min(low + _CHUNK, settings.fragments))
        left = codes[(truth.start + shift)[rows, None] + column]
        right = COMPLEMENT[codes[(truth.end + shift)[rows, None] - 1 - column]]
        swap = truth.reverse[rows, None]
        mates = [np.where(swap, right, left), np.where(swap, left, right)][: len(paths)]
        name = _names(truth, rows, settings.fragments)
        for path, mate in zip(paths, mates, strict=True):
            with path.open("ab") as file:
                file.write(_fastq(name, _sequence(rng, mate)))
    return paths, truth


def _names(truth: Truth, rows: NDArray[np.int64], total: int) -> NDArray[np.uint8]:
    colon = constant(":", len(rows))
    start, size = truth.start[rows], (truth.end - truth.start)[rows]
    parts = [constant("p", len(rows)), digits(rows, len(str(total))), colon]
    parts += [choice(["r", "s"], truth.haplotype[rows]), colon, digits(start), colon, digits(size)]
    return np.concatenate(parts, axis=1)


def _fastq(name: NDArray[np.uint8], mates: _Mates) -> bytes:
    count = len(name)
    parts = [constant("@", count), name, constant("\n", count), mates.bases, constant("\n+\n", count)]
    return lines([*parts, mates.quality + np.uint8(33), constant("\n", count)])
