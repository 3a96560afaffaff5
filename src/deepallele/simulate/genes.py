"""Genes of a simulated genome: each region is the promoter of one, with exons, introns and splice motifs."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.gene_shapes import draw_exons
from deepallele.simulate.genome import END_GAP, Genome

BIOTYPES = ("protein_coding", "lncRNA", "transcribed_unprocessed_pseudogene")
_BIOTYPE_SHARES = (0.8, 0.15, 0.05)
_TSS_OFFSET = (30, 61)
# Bases before a TSS that no other gene of the strand reaches, and between genes that face each other.
_PROMOTER = 400
_GAP = 100
_OVERLAP = (150, 241)
_SECOND_SHARE = 0.3
# Bases on either side of an exon's end that no variant may touch: the splice motif and the exon's last two.
_KEPT = 2
# Donor and acceptor of an intron, as on the forward strand: GT-AG, and CT-AC of a gene of the reverse strand.
_MOTIFS = {False: ((2, 3), (0, 2)), True: ((1, 3), (0, 1))}


class Transcript(NamedTuple):
    """A spliced transcript of a gene.

    `exons`, shape=(n, 2), are global half-open reference positions in ascending order; `share` is the part of
    the gene's spliced RNA; `listed` says whether the GTF has it. The first of a gene's is the canonical one.
    """

    gene: int
    number: int
    exons: NDArray[np.int64]
    share: float
    listed: bool


@dataclass(frozen=True)
class Genes:
    """Genes in the order of their regions.

    Attributes
    ----------
    reverse
        shape=(genes,): whether the gene lies on the reverse strand.
    tss
        shape=(genes,), int64: global position of the first transcribed base.
    biotype
        shape=(genes,), int64: index into `BIOTYPES`.
    transcripts
        One or two per gene, in the order of the genes.
    """

    reverse: NDArray[np.bool_]
    tss: NDArray[np.int64]
    biotype: NDArray[np.int64]
    transcripts: list[Transcript]

    @property
    def names(self) -> list[str]:
        """Identifiers: SIMG00001, ..."""
        return [f"SIMG{number:05d}" for number in range(1, len(self.tss) + 1)]

    def canonical(self) -> list[NDArray[np.int64]]:
        """Exons of the canonical transcript of each gene, which has all exons."""
        return [transcript.exons for transcript in self.transcripts if transcript.number == 1]

    def kept(self, length: int) -> NDArray[np.bool_]:
        """Which of `length` global positions no variant may touch."""
        kept = np.zeros(length, dtype=bool)
        ends = np.concatenate(self.canonical()).ravel()
        for shift in range(-_KEPT, _KEPT):
            kept[ends + shift] = True
        return kept

    def write_splice_motifs(self, codes: NDArray[np.uint8]) -> None:
        """Write the motifs of all introns into the reference (in place)."""
        for exons, reverse in zip(self.canonical(), self.reverse.tolist(), strict=True):
            left, right = _MOTIFS[reverse]
            for start, end in introns(exons).tolist():
                codes[start : start + 2] = left
                codes[end - 2 : end] = right


def introns(exons: NDArray[np.int64]) -> NDArray[np.int64]:
    """Gaps between exons, shape=(n - 1, 2), from exons of shape=(n, 2) in ascending order."""
    return np.stack([exons[:-1, 1], exons[1:, 0]], axis=1)


def lay_out_genes(
    rng: np.random.Generator,
    genome: Genome,
    summit: NDArray[np.int64],
    overlap_share: float,
    isoform_share: float,
    unlisted_share: float,
) -> Genes:
    """Draw a gene for every region.

    Parameters
    ----------
    rng
        Source of randomness.
    genome
        The reference; its bases do not matter.
    summit
        Global positions of the regions' summits, ascending.
    overlap_share
        Share of the pairs of genes that face each other whose last exons overlap.
    isoform_share
        Share of the genes of three or more exons that have a second transcript, which skips an exon.
    unlisted_share
        Share of these that the GTF lacks.
    """
    count = len(summit)
    reverse = rng.random(count) < 0.5
    offset = rng.integers(*_TSS_OFFSET, count)
    tss = np.where(reverse, summit - offset, summit + offset)
    room, full = _rooms(rng, genome, tss, reverse, overlap_share)
    biotype = rng.choice(len(BIOTYPES), count, p=_BIOTYPE_SHARES)
    transcripts = []
    for gene in range(count):
        exons = draw_exons(rng, int(room[gene]), bool(full[gene]))
        exons = (tss[gene] + 1 - exons)[::-1, ::-1] if reverse[gene] else tss[gene] + exons
        second = len(exons) >= 3 and rng.random() < isoform_share
        transcripts.append(Transcript(gene, 1, exons, 1 - _SECOND_SHARE if second else 1.0, True))
        if second:
            left = np.delete(exons, int(rng.integers(1, len(exons) - 1)), axis=0)
            listed = bool(rng.random() >= unlisted_share)
            transcripts.append(Transcript(gene, 2, left, _SECOND_SHARE, listed))
    return Genes(reverse, tss, biotype, transcripts)


def _rooms(
    rng: np.random.Generator,
    genome: Genome,
    tss: NDArray[np.int64],
    reverse: NDArray[np.bool_],
    overlap_share: float,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Most bases that each gene may span from its TSS on, and whether it must, to overlap the next."""
    count = len(tss)
    contig = genome.contig_of(tss)
    ahead = np.arange(count) + np.where(reverse, -1, 1)
    other = np.clip(ahead, 0, count - 1)
    alone = (ahead != other) | (contig[other] != contig)
    facing = ~alone & (reverse[other] != reverse)
    distance = np.abs(tss[other] - tss)
    border = np.where(
        reverse, tss - genome.offset[contig] - END_GAP, genome.offset[contig + 1] - END_GAP - tss
    )
    # Of two genes that face each other the one of the forward strand draws for both.
    forward = np.where(reverse, other, np.arange(count))
    overlap = np.where(rng.random(count) < overlap_share, rng.integers(*_OVERLAP, count), -_GAP)[forward]
    middle = (tss + tss[other]) // 2
    room = np.where(alone, border, distance) - _PROMOTER
    room = np.where(facing, np.abs(middle - tss) + overlap // 2, room)
    return room, facing & (overlap > 0)
