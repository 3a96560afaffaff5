"""Regulatory regions: where they are, which sites they hold, and the variants that break or make a site."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genome import END_GAP
from deepallele.simulate.grammar import Cooperation
from deepallele.simulate.motifs import Motif, oriented
from deepallele.simulate.variants import Variants

SLOT = 24
SLOTS = 7
REGION_HALF = 125
BLACKLIST_LENGTH = 1000
MAX_SITE_INDEL = 3
_SITE_COUNTS, _SITE_COUNT_SHARES = (2, 3, 4, 5), (0.15, 0.5, 0.3, 0.05)
_PAIR_SHARE = 0.2
_KIND_SHARES = {"snp": 0.74, "mnv": 0.08, "deletion": 0.09, "insertion": 0.09}


@dataclass(frozen=True)
class Layout:
    """Global reference positions: summits, shape=(regions,); starts of blacklist loci, shape=(loci,)."""

    summit: NDArray[np.int64]
    blacklist: NDArray[np.int64]


def chromosome_length(regions: int, spacing: int) -> int:
    """Length of a chromosome that holds `regions` regions and one slot for a blacklist locus."""
    return (regions + 1) * spacing + 2 * END_GAP


def lay_out(
    rng: np.random.Generator, chromosomes: int, regions: int, spacing: int, blacklist_loci: int
) -> Layout:
    """Spread the regions evenly with jitter, leaving one slot of each chromosome for a blacklist locus."""
    length = chromosome_length(regions, spacing)
    jitter = max(0, min(300, (spacing - 1200) // 2))
    summits, loci = [], []
    for chromosome in range(chromosomes):
        middle = chromosome * length + END_GAP + spacing // 2 + spacing * np.arange(regions + 1)
        free = int(rng.integers(0, regions + 1))
        if chromosome < blacklist_loci:
            loci.append(int(middle[free]) - BLACKLIST_LENGTH // 2)
        summits.append(np.delete(middle, free) + rng.integers(-jitter, jitter + 1, regions))
    return Layout(np.concatenate(summits).astype(np.int64), np.array(loci, dtype=np.int64))


class Sites(NamedTuple):
    """Planted sites, each array of shape=(sites,): region and motif index, global start and length, strand.

    `length` is what the site takes in the reference (more or less than the motif where a variant inserts or
    deletes).
    """

    region: NDArray[np.int64]
    motif: NDArray[np.int64]
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    reverse: NDArray[np.bool_]


def choose_sites(
    rng: np.random.Generator, summit: NDArray[np.int64], motifs: list[Motif], cooperation: Cooperation | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Choose for every site its region, motif and slot; slots of one region differ.

    A fifth of the regions begin with the cooperating pair in neighbouring slots.
    """
    count = rng.choice(_SITE_COUNTS, len(summit), p=_SITE_COUNT_SHARES)
    slot = np.argsort(rng.random((len(summit), SLOTS)), axis=1)
    motif = rng.integers(0, len(motifs), (len(summit), SLOTS))
    if cooperation is not None:
        rows = np.flatnonzero(rng.random(len(summit)) < _PAIR_SHARE)
        motif[rows, :2] = rng.permuted(
            np.tile([cooperation.first, cooperation.second], (len(rows), 1)), axis=1
        )
        slot[rows] = _neighbours_first(rng, slot[rows])
    region, column = np.nonzero(np.arange(SLOTS) < count[:, None])
    return region, motif[region, column], slot[region, column]


def _neighbours_first(rng: np.random.Generator, slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """Reorder each row's slots so that its first two are neighbours."""
    first = rng.integers(0, SLOTS - 1, len(slot))[:, None]
    rank = np.where(slot == first, -2, np.where(slot == first + 1, -1, np.arange(SLOTS)))
    return np.take_along_axis(slot, np.argsort(rank, axis=1), axis=1)


def plant(
    rng: np.random.Generator,
    codes: NDArray[np.uint8],
    summit: NDArray[np.int64],
    motifs: list[Motif],
    cooperation: Cooperation | None,
    variant_share: float,
) -> tuple[Sites, Variants]:
    """Write sites into the reference and draw the variants that break or make some of them.

    Half of these variants break a site of the reference; the others make one from a broken site in the
    reference.

    Parameters
    ----------
    codes
        Reference codes; changed in place.
    summit
        Global positions of the summits.
    variant_share
        Share of the sites that get such a variant.
    """
    region, motif, slot = choose_sites(rng, summit, motifs, cooperation)
    width = np.array([m.width for m in motifs])[motif]
    slack = np.maximum(SLOT - MAX_SITE_INDEL - width, 0)
    start = summit[region] - SLOT * SLOTS // 2 + SLOT * slot + rng.integers(0, slack + 1)
    reverse = rng.random(len(region)) < 0.5
    varied = rng.random(len(region)) < variant_share
    length = width.copy()
    pos: list[int] = []
    ref_length: list[int] = []
    alt: list[NDArray[np.uint8]] = []
    for index, entry in enumerate(motifs):
        rows = np.flatnonzero(motif == index)
        good = entry.draw_sites(rng, len(rows))
        forward = oriented(good, reverse[rows])
        codes[start[rows][:, None] + np.arange(entry.width)] = forward
        for row in np.flatnonzero(varied[rows]):
            site = rows[row]
            bad = _break_site(rng, entry, good[row])
            bad = oriented(bad[None], reverse[site : site + 1])[0]
            before, after = (forward[row], bad) if rng.random() < 0.5 else (bad, forward[row])
            codes[start[site] : start[site] + len(before)] = before
            length[site] = len(before)
            skip, ref, changed = _difference(before, after)
            anchor = int(start[site]) + skip
            pos.append(anchor)
            ref_length.append(ref)
            alt.append(changed if skip >= 0 else np.concatenate([codes[anchor : anchor + 1], changed]))
    return Sites(region, motif, start, length, reverse), Variants.from_alleles(pos, ref_length, alt)


def _difference(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]]:
    """Offset, reference length and alternative allele of the change from `before` to `after`.

    Offset -1 means that the base before the site is the anchor; the allele then lacks that base.
    """
    shorter = min(len(before), len(after))
    same = before[:shorter] == after[:shorter]
    left = int(np.argmin(same)) if not same.all() else shorter
    back = before[::-1][: shorter - left] == after[::-1][: shorter - left]
    right = int(np.argmin(back)) if not back.all() else shorter - left
    ref, alt = len(before) - left - right, after[left : len(after) - right]
    if len(before) == len(after):
        return left, ref, alt
    if left == 0:
        return -1, ref + 1, alt
    return left - 1, ref + 1, np.concatenate([after[left - 1 : left], alt])


def _break_site(rng: np.random.Generator, motif: Motif, site: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A version of `site` with one change and clearly less occupancy (motif orientation)."""
    kind = rng.choice(list(_KIND_SHARES), p=list(_KIND_SHARES.values()))
    if kind == "snp":
        return _weaken(rng, motif, site)
    middle = slice(2, motif.width - 2)
    if kind == "mnv":
        size = int(rng.integers(2, 4))
        at = int(rng.integers(middle.start, middle.stop - size + 1))
        broken = site.copy()
        broken[at : at + size] = (site[at : at + size] + rng.integers(1, 4, size)) % 4
        return broken
    size = int(rng.integers(1, MAX_SITE_INDEL + 1))
    at = int(rng.integers(middle.start + 1, middle.stop - size))
    if kind == "deletion":
        return np.delete(site, slice(at, at + size))
    return np.insert(site, at, rng.integers(0, 4, size).astype(np.uint8))


def _weaken(rng: np.random.Generator, motif: Motif, site: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Change one base so that the occupancy falls by at least 0.15 (or by the most that one base can do)."""
    have = motif.site_score(site)
    changed = have - motif.score[np.arange(motif.width), site][:, None] + motif.score
    drop = motif.occupancy(have) - motif.occupancy(changed)
    chance = np.where(drop >= min(0.15, float(drop.max())), 1.0, 0.0).ravel()
    at, base = divmod(int(rng.choice(chance.size, p=chance / chance.sum())), 4)
    broken = site.copy()
    broken[at] = base
    return broken
