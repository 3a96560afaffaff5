"""Transcripts of both haplotypes, as if they were further contigs that reads can be cut from."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genes import Genes
from deepallele.simulate.genome import Genome
from deepallele.simulate.informative import Templates
from deepallele.simulate.variants import Variants, build_haplotype, concatenate

# Unknown bases behind each transcript: more than an indel of the variants can be shifted by.
_PAD = 40


class Transcripts(NamedTuple):
    """The genome and behind it every transcript, forward strand up, then every gene unspliced.

    Attributes
    ----------
    templates
        Both haplotypes, and the variants in all copies of an exon. Global positions below are theirs.
    contigs
        Number of contigs of the genome; the transcripts come next.
    origin
        shape=(bases of A,), int64: global reference position of each base, -1 for none.
    gene
        shape=(transcripts,), int64.
    share
        shape=(transcripts,), float64: part of the gene's fragments.
    spliced
        shape=(transcripts,), bool.
    start, end
        shape=(transcripts, 2), int64: half-open span on A and on B.
    junction
        For A and B: sorted positions of the first base behind each splice.
    """

    templates: Templates
    contigs: int
    origin: NDArray[np.int64]
    gene: NDArray[np.int64]
    share: NDArray[np.float64]
    spliced: NDArray[np.bool_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    junction: tuple[NDArray[np.int64], NDArray[np.int64]]


def lay_transcripts(genome: Genome, variants: Variants, genes: Genes, unspliced_share: float) -> Transcripts:
    """Cut the transcripts out of the reference and apply to them the variants of their exons.

    No variant may touch an exon's end (`Genes.kept`), so each lies in an exon as a whole or not at all.
    """
    chains = [transcript.exons for transcript in genes.transcripts]
    chains += [np.array([[exons[0, 0], exons[-1, 1]]]) for exons in genes.canonical()]
    count, spliced = len(chains), np.arange(len(chains)) < len(genes.transcripts)
    gene = [transcript.gene for transcript in genes.transcripts] + list(range(len(genes.tss)))
    share = [transcript.share * (1 - unspliced_share) for transcript in genes.transcripts]
    share += [unspliced_share] * len(genes.tss)

    origin, start, junction = _lay_end_to_end(len(genome.codes), chains)
    names = [*genome.names, *(f"transcript{number}" for number in range(count))]
    # What lies between the genome and the first transcript belongs to the genome's last contig.
    offset = np.concatenate([genome.offset[:-1], start, [len(origin)]])
    codes = np.where(origin < 0, 4, genome.codes[np.maximum(origin, 0)]).astype(np.uint8)
    first = Genome(names, offset, codes)
    copied = concatenate(variants, _copies(variants, chains, start))
    second = build_haplotype(first, copied)
    length = np.array([int((exons[:, 1] - exons[:, 0]).sum()) for exons in chains])
    return Transcripts(
        Templates(first, second, copied),
        len(genome.names),
        origin,
        np.array(gene),
        np.array(share),
        spliced,
        np.stack([start, second.from_reference(start)], axis=1),
        np.stack([start + length, second.from_reference(start + length - 1) + 1], axis=1),
        (junction, second.from_reference(junction)),
    )


def _lay_end_to_end(
    length: int, chains: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Origin of each base, start of each chain, and positions behind splices; `length` is the genome's."""
    pad = np.full(_PAD, -1, dtype=np.int64)
    pieces = [np.arange(length), pad]
    start, junction = [], []
    at = length + _PAD
    for exons in chains:
        start.append(at)
        sizes = exons[:, 1] - exons[:, 0]
        junction += (at + np.cumsum(sizes)[:-1]).tolist()
        pieces += [np.arange(low, high) for low, high in exons.tolist()]
        pieces.append(pad)
        at += int(sizes.sum()) + _PAD
    return np.concatenate(pieces), np.array(start, dtype=np.int64), np.array(junction, dtype=np.int64)


def _copies(variants: Variants, chains: Sequence[NDArray[np.int64]], start: NDArray[np.int64]) -> Variants:
    """The variants of all exons, moved to where their transcripts lie."""
    rows, moved = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for exons, at in zip(chains, start.tolist(), strict=True):
        for low, high in exons.tolist():
            inside = np.arange(*np.searchsorted(variants.pos, [low, high]))
            rows.append(inside)
            moved.append(variants.pos[inside] + at - low)
            at += high - low
    chosen = variants.take(np.concatenate(rows))
    return Variants(np.concatenate(moved), chosen.ref_length, chosen.alt_length, chosen.alt)
