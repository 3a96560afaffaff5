"""The GTF of a simulation, and its truth about genes and splice junctions."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepallele.files import write_table, write_text
from deepallele.simulate.genes import BIOTYPES, Genes, Transcript, introns
from deepallele.simulate.genome import Genome
from deepallele.simulate.truth_tables import World, region_table

_SOURCE = "simulated"
_CANONICAL = 'tag "basic"; tag "Ensembl_canonical";'


def write_gtf(genes: Genes, genome: Genome, path: Path) -> None:
    """Write genes, listed transcripts and their exons as Ensembl does, sorted by the genes' place."""
    names = genes.names
    of_gene: dict[int, list[Transcript]] = {}
    for transcript in genes.transcripts:
        if transcript.listed:
            of_gene.setdefault(transcript.gene, []).append(transcript)
    lines = ["#!genome-build simulated"]
    for gene, transcripts in sorted(of_gene.items(), key=lambda item: int(item[1][0].exons[0, 0])):
        biotype = BIOTYPES[genes.biotype[gene]]
        told = f'gene_id "{names[gene]}"; gene_version "1"; gene_name "Gene{gene + 1}"; '
        told += f'gene_source "{_SOURCE}"; gene_biotype "{biotype}";'
        span = transcripts[0].exons
        contig = int(genome.contig_of(span[0, 0]))
        place = (genome.names[contig], int(genome.offset[contig]), "-" if genes.reverse[gene] else "+")
        lines.append(_line("gene", place, int(span[0, 0]), int(span[-1, 1]), told))
        for transcript in transcripts:
            lines += _transcript_lines(transcript, place, told, biotype)
    write_text("\n".join(lines) + "\n", path)


def _transcript_lines(
    transcript: Transcript, place: tuple[str, int, str], told: str, biotype: str
) -> list[str]:
    exons = transcript.exons
    name = transcript_name(transcript)
    told = f'{told} transcript_id "{name}"; transcript_version "1"; transcript_biotype "{biotype}";'
    tags = _CANONICAL if transcript.number == 1 else 'tag "basic";'
    lines = [_line("transcript", place, int(exons[0, 0]), int(exons[-1, 1]), f"{told} {tags}")]
    # Exons are listed and numbered in the direction of transcription.
    ordered = exons[::-1] if place[2] == "-" else exons
    for number, (start, end) in enumerate(ordered.tolist(), start=1):
        exon = f'exon_number "{number}"; exon_id "{name}.E{number}"; {tags}'
        lines.append(_line("exon", place, start, end, f"{told} {exon}"))
    return lines


def transcript_name(transcript: Transcript) -> str:
    """Identifier: SIMT00001.1 is the canonical transcript of gene SIMG00001."""
    return f"SIMT{transcript.gene + 1:05d}.{transcript.number}"


def _line(feature: str, place: tuple[str, int, str], start: int, end: int, attributes: str) -> str:
    """A GTF row of a global half-open span; `place` is contig, its global start, and strand."""
    contig, offset, strand = place
    return (
        f"{contig}\t{_SOURCE}\t{feature}\t{start - offset + 1}\t{end - offset}\t.\t{strand}\t.\t{attributes}"
    )


def gene_table(genes: Genes, world: World) -> pd.DataFrame:
    """One row per gene, with the truth of the region that is its promoter.

    Positions are 0-based half-open; `expected_a` and `expected_b` count all fragments of the gene, spliced or
    not, over all samples.
    """
    regions = region_table(world)
    genome = world.genome
    spans = np.array([(exons[0, 0], exons[-1, 1]) for exons in genes.canonical()])
    offset = genome.offset[genome.contig_of(spans[:, 0])]
    place = pd.DataFrame(
        {
            "gene_id": genes.names, "gene_name": [f"Gene{gene + 1}" for gene in range(len(spans))],
            "chrom": regions["chrom"], "start": spans[:, 0] - offset, "end": spans[:, 1] - offset,
            "strand": np.where(genes.reverse, "-", "+"), "biotype": np.array(BIOTYPES)[genes.biotype],
            "tss": genes.tss - offset,
        }
    )  # fmt: skip
    return place.join(regions.drop(columns=["chrom", "start", "end", "summit"]))


def write_genes(genes: Genes, world: World, path: Path) -> None:
    """Write the table of `gene_table`."""
    write_table(gene_table(genes, world), path)


def write_junctions(genes: Genes, genome: Genome, path: Path) -> None:
    """Write all introns: place (0-based half-open), strand, gene, and whether the GTF has them."""
    rows: dict[tuple[int, int, int], bool] = {}
    for transcript in genes.transcripts:
        for start, end in introns(transcript.exons).tolist():
            key = (start, end, transcript.gene)
            rows[key] = rows.get(key, False) or transcript.listed
    keys = sorted(rows)
    table = np.array(keys, dtype=np.int64).reshape(-1, 3)
    contig = genome.contig_of(table[:, 0])
    names = genes.names
    write_table(
        pd.DataFrame(
            {
                "chrom": np.array(genome.names)[contig], "start": table[:, 0] - genome.offset[contig],
                "end": table[:, 1] - genome.offset[contig],
                "strand": np.where(genes.reverse[table[:, 2]], "-", "+"),
                "gene_id": [names[gene] for gene in table[:, 2]], "in_gtf": [rows[key] for key in keys],
            }
        ),
        path,
    )  # fmt: skip
