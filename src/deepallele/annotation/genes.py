"""Genes and their exons, from a GTF on the reference."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepallele.annotation.gtf import ATTRIBUTES, CONTIG, FEATURE, STRAND, attribute_of, read_gtf, tags_of
from deepallele.errors import InputError
from deepallele.files import write_table

GENES = ["gene_id", "gene_name", "chrom", "start", "end", "strand", "biotype", "exonic_length"]
EXONS = ["gene_id", "chrom", "start", "end", "strand"]
_PLACE = ["chrom", "start", "end"]
_NAMES = ("gene_name", "gene")
_BIOTYPES = ("gene_biotype", "gene_type")
# featureCounts cuts longer names.
_LONGEST_NAME = 250


@dataclass(frozen=True)
class Annotation:
    """What of a GTF the counts and the TSS windows need; reference coordinates, 0-based half-open.

    Attributes
    ----------
    genes
        One row per gene, columns `GENES`, ordered by contig (of the genome), start, end and gene_id. The span
        is that of the exons; the strand is '.' where the exons have several.
    exons
        Columns `EXONS`: exons of all transcripts of a gene merged, in the order of the genes.
    transcripts
        Columns gene_id, transcript_id, chrom, start, end, strand, length (exonic bases), tags (joined by
        commas); a transcript with exons on both strands is left out.
    summary
        Numbers of what was taken and what was left out.
    """

    genes: pd.DataFrame
    exons: pd.DataFrame
    transcripts: pd.DataFrame
    summary: dict[str, Any]


def read_annotation(gtf: str | Path, contigs: Sequence[str], exclude: Sequence[str] = ()) -> Annotation:
    """Read the genes of a GTF.

    A gene is its exons. A `gene_id` with exons on several contigs (one name for both copies in the
    pseudo-autosomal regions of X and Y) is the gene on the contig with most of its exonic bases, of equal
    ones the first in `contigs`. Its exons on other contigs are left out: reads there count for no gene.

    Parameters
    ----------
    gtf
        The file, plain or gzip.
    contigs
        Contigs of the genome in its order.
    exclude
        Contigs whose genes are left out.

    Raises
    ------
    InputError
        As `read_gtf`; if no exon lies on a contig that is left, or a gene_id is too long.
    """
    rows, seen = _rows(gtf)
    elsewhere = Counter(rows.loc[~rows["chrom"].isin(contigs), "chrom"])
    excluded = rows["chrom"].isin(exclude)
    kept = rows[rows["chrom"].isin(contigs) & ~excluded]
    if kept.empty:
        raise InputError(
            f"{gtf}: no exon on a contig of the genome that is counted ({_some(contigs)} against"
            f" {_some(sorted(rows['chrom'].unique()))}); is it a GTF of the same assembly?"
        )
    order = {contig: number for number, contig in enumerate(contigs)}
    kept, copies = _one_contig(kept, order)
    exons = merge_exons(kept)
    genes = _genes(kept, exons, seen, order)
    rank = pd.Series(np.arange(len(genes)), index=genes["gene_id"])
    exons = exons.assign(rank=rank.loc[exons["gene_id"]].to_numpy())
    exons = exons.sort_values(["rank", "start", "strand"], ignore_index=True)[EXONS]
    summary = {
        "genes": len(genes),
        "exons_on_unknown_contigs": {contig: elsewhere[contig] for contig in sorted(elsewhere)},
        "exons_on_excluded_contigs": int(excluded.sum()),
        "genes_on_several_contigs": copies,
        "genes_of_several_strands": int((genes["strand"] == ".").sum()),
        "genes_without_exons": sorted(set(seen) - set(rows["gene_id"])),
    }
    return Annotation(genes, exons, _transcripts(kept), summary)


def merge_exons(exons: pd.DataFrame) -> pd.DataFrame:
    """Merge overlapping and touching exons of a gene that lie on the same contig and strand.

    Parameters
    ----------
    exons
        Columns `EXONS` and others.

    Returns
    -------
    DataFrame
        Columns `EXONS`, sorted by gene, contig, strand and start.
    """
    group = ["gene_id", "chrom", "strand"]
    table = exons[EXONS].sort_values([*group, "start", "end"], ignore_index=True)
    number = table.groupby(group, sort=False).ngroup().to_numpy()
    start, end = (table[name].to_numpy() for name in ("start", "end"))
    # Groups are laid one behind the other, so that one running maximum serves all of them.
    shift = number * (int(end.max()) + 2)
    reach = np.maximum.accumulate(end + shift)
    begins = np.concatenate([[True], (start + shift)[1:] > reach[:-1]])
    first = np.flatnonzero(begins)
    last = np.concatenate([first[1:], [len(table)]]) - 1
    return table.loc[first, EXONS].assign(end=(reach - shift)[last]).reset_index(drop=True)


def _rows(gtf: str | Path) -> tuple[pd.DataFrame, dict[str, tuple[str, str]]]:
    """Exons of all contigs, and name and biotype of each gene_id seen."""
    columns: list[tuple] = []
    tags: dict[str, set[str]] = {}
    seen: dict[str, tuple[str, str]] = {}
    for feature, row in _read(gtf):
        attributes = row[4]
        gene, transcript = attribute_of(attributes, "gene_id"), attribute_of(attributes, "transcript_id")
        if len(gene) > _LONGEST_NAME:
            raise InputError(
                f"{gtf}: a gene_id of {len(gene)} characters, {gene[:40]!r}...; give a short one"
            )
        if gene:
            name, biotype = seen.get(gene, ("", ""))
            seen[gene] = (name or _first(attributes, _NAMES), biotype or _first(attributes, _BIOTYPES))
        if transcript:
            tags.setdefault(transcript, set()).update(tags_of(attributes))
        if feature == "exon":
            columns.append((gene, transcript, *row[:4]))
    table = pd.DataFrame(columns, columns=["gene_id", "transcript_id", *_PLACE, "strand"])
    table["tags"] = [",".join(sorted(tags[transcript])) for transcript in table["transcript_id"]]
    return table, seen


def _read(gtf: str | Path) -> Iterator[tuple[str, tuple[str, int, int, str, str]]]:
    """Rows of genes, transcripts and exons: kind; contig, start, end, strand, attributes."""
    for features in read_gtf(gtf):
        for fields, start, end in zip(
            features.fields, features.start.tolist(), features.end.tolist(), strict=True
        ):
            if fields[FEATURE] in ("gene", "transcript", "exon"):
                strand = fields[STRAND].replace("?", ".")
                yield fields[FEATURE], (fields[CONTIG], start, end, strand, fields[ATTRIBUTES])


def _first(attributes: str, keys: Sequence[str]) -> str:
    return next((value for key in keys if (value := attribute_of(attributes, key))), "")


def _one_contig(exons: pd.DataFrame, order: dict[str, int]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Keep one contig of each gene; tell the genes that had several, with the one kept."""
    if (exons.groupby("gene_id")["chrom"].nunique() == 1).all():
        return exons, {}
    merged = merge_exons(exons)
    bases = (
        (merged["end"] - merged["start"])
        .groupby([merged["gene_id"], merged["chrom"]])
        .sum()
        .reset_index(name="bases")
    )
    bases["order"] = bases["chrom"].map(order)
    best = bases.sort_values(["gene_id", "bases", "order"], ascending=[True, False, True])
    several = best.loc[best["gene_id"].duplicated(), "gene_id"].unique()
    chosen = best.drop_duplicates("gene_id").set_index("gene_id")["chrom"]
    kept = exons[exons["chrom"].to_numpy() == chosen.loc[exons["gene_id"]].to_numpy()]
    return kept, {gene: chosen[gene] for gene in sorted(several)}


def _genes(
    exons: pd.DataFrame, merged: pd.DataFrame, seen: dict[str, tuple[str, str]], order: dict[str, int]
) -> pd.DataFrame:
    group = exons.groupby("gene_id", sort=False)
    genes = group.agg(chrom=("chrom", "first"), start=("start", "min"), end=("end", "max")).reset_index()
    strands = group["strand"].agg(["first", "nunique"])
    genes["strand"] = np.where(strands["nunique"] == 1, strands["first"], ".")
    genes["gene_name"] = [seen[gene][0] or gene for gene in genes["gene_id"]]
    genes["biotype"] = [seen[gene][1] or "." for gene in genes["gene_id"]]
    # Bases in exons of both strands count once.
    lengths = merge_exons(merged.assign(strand="."))
    sizes = (lengths["end"] - lengths["start"]).groupby(lengths["gene_id"]).sum()
    genes["exonic_length"] = sizes.loc[genes["gene_id"]].to_numpy()
    genes["order"] = genes["chrom"].map(order)
    return genes.sort_values(["order", "start", "end", "gene_id"], ignore_index=True)[GENES]


def _transcripts(exons: pd.DataFrame) -> pd.DataFrame:
    exons = exons.assign(length=exons["end"] - exons["start"])
    group = exons.groupby(["gene_id", "transcript_id"], sort=True)
    table = group.agg(
        chrom=("chrom", "first"),
        start=("start", "min"),
        end=("end", "max"),
        strand=("strand", "first"),
        strands=("strand", "nunique"),
        length=("length", "sum"),
        tags=("tags", "first"),
    ).reset_index()
    return table[table["strands"] == 1].drop(columns="strands").reset_index(drop=True)


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def write_saf(exons: pd.DataFrame, path: str | Path) -> None:
    """Write exons (columns `EXONS`) as SAF, featureCounts' own format: from 1, the end included."""
    table = exons.assign(start=exons["start"] + 1).set_axis(
        ["GeneID", "Chr", "Start", "End", "Strand"], axis=1
    )
    write_table(table, path)


def read_genes(path: str | Path) -> pd.DataFrame:
    """Read a table of genes (columns `GENES`); identifiers, names and contigs stay text.

    Raises
    ------
    InputError
        If the file is none.
    """
    numbers = ["start", "end", "exonic_length"]
    dtype = {name: np.int64 if name in numbers else str for name in GENES}
    try:
        table = pd.read_csv(path, sep="\t", dtype=dtype, na_filter=False, quoting=csv.QUOTE_NONE)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as error:
        raise InputError(f"{path}: not a table of genes ({error}); make it with list_genes.py") from error
    if list(table.columns) != GENES:
        raise InputError(f"{path}: columns {' '.join(table.columns)}; expected {' '.join(GENES)}")
    return table
