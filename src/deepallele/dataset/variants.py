"""The variants between the haplotypes that touch the windows."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from deepallele.dataset.store import VARIANT_COLUMNS
from deepallele.errors import InputError
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import rows_by_contig

RECORD_COLUMNS = ["pos", "ref", "alt", "allele_a", "allele_b"]
# Reading on over a gap of this many bases costs less than jumping there with the index.
MERGE = 20_000


def window_variants(
    regions: pd.DataFrame,
    start: NDArray[np.int64],
    length: int,
    variants: str | Path,
    maps: Sequence[HaplotypeMap],
) -> pd.DataFrame:
    """List every variant between the haplotypes with an allele that reaches into a window.

    Parameters
    ----------
    regions
        n rows with chrom.
    start
        Window starts, int64 (n, 2), each haplotype's own coordinates.
    length
        Length of the windows, bp.
    variants
        Indexed BCF of what was applied: biallelic, one sample, phased A|B; records with the same
        allele in both haplotypes are left out.
    maps
        Coordinate maps of the two haplotypes.

    Returns
    -------
    pd.DataFrame
        Columns as `Dataset.variant`, sorted by region and position.

    Raises
    ------
    InputError
        If a record is not biallelic or its genotype not called.
    """
    tables = []
    with pysam.VariantFile(str(variants)) as file:
        for contig, rows in rows_by_contig(regions["chrom"]).items():
            if contig in file.header.contigs:
                begin, end = _reference_spans(contig, start[rows], length, maps)
                records = pd.DataFrame(list(_records(file, contig, begin, end)), columns=RECORD_COLUMNS)
                tables.append(_placed(_joined(records, rows, begin, end), contig, start, length, maps))
    table = pd.concat([part for part in tables if len(part)] or [_empty()], ignore_index=True)
    return table.sort_values(["region", "pos"], kind="stable", ignore_index=True)


def _empty() -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(dtype=object if kind == "str" else kind) for name, kind in VARIANT_COLUMNS.items()}
    )


def _reference_spans(
    contig: str, start: NDArray[np.int64], length: int, maps: Sequence[HaplotypeMap]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reference span that holds both windows, and the base before it: anchors of indels lie there."""
    first = [maps[h].to_reference(contig, start[:, h])[0] for h in (0, 1)]
    last = [maps[h].to_reference(contig, start[:, h] + length - 1)[0] for h in (0, 1)]
    size = maps[0].reference_length(contig)
    return np.maximum(np.minimum(*first) - 1, 0), np.minimum(np.maximum(*last) + 1, size)


def _records(
    file: pysam.VariantFile, contig: str, begin: NDArray[np.int64], end: NDArray[np.int64]
) -> Iterator[tuple[int, str, str, str, str]]:
    """Read the records between the haplotypes that overlap a span, and some more, sorted by position."""
    done = 0
    for first, last in _merged(begin, end):
        for record in file.fetch(contig, first, last):
            genotype, alleles = record.samples[0]["GT"], record.alleles or ()
            if len(alleles) != 2 or len(genotype) != 2 or None in genotype:
                raise InputError(
                    f"{contig}:{record.pos}: alleles {','.join(alleles)}, genotype {genotype}; "
                    "two alleles and a called A|B genotype are needed: build the genomes again"
                )
            # A record long enough to reach in from the span before was read with that span.
            if genotype[0] != genotype[1] and record.start >= done:
                pair = alleles[0].upper(), alleles[1].upper()
                yield record.start, *pair, pair[genotype[0]], pair[genotype[1]]
        done = last


def _merged(begin: NDArray[np.int64], end: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Join spans that lie close together: one long read of the file is cheaper than many short ones."""
    order = np.argsort(begin, kind="stable")
    begin, end = begin[order], np.maximum.accumulate(end[order])
    first = np.flatnonzero(np.append(True, begin[1:] > end[:-1] + MERGE))
    last = np.append(first[1:], len(begin)) - 1
    yield from zip(begin[first].tolist(), end[last].tolist(), strict=True)


def _joined(
    records: pd.DataFrame, rows: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> pd.DataFrame:
    """Give each span the records that overlap it: one row per pair of region and record."""
    position = records["pos"].to_numpy(dtype=np.int64)
    reach = np.maximum.accumulate(position + records["ref"].str.len().to_numpy(dtype=np.int64))
    first = np.searchsorted(reach, begin, side="right")
    number = np.maximum(np.searchsorted(position, end, side="left") - first, 0)
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    table = records.iloc[np.repeat(first, number) + within].reset_index(drop=True)
    return table.assign(region=np.repeat(rows, number))


def _placed(
    table: pd.DataFrame, contig: str, start: NDArray[np.int64], length: int, maps: Sequence[HaplotypeMap]
) -> pd.DataFrame:
    """Add offsets in both windows; keep the variants that reach into one of them."""
    if table.empty:
        return _empty()
    touches = np.zeros(len(table), dtype=bool)
    clipped = np.zeros(len(table), dtype=bool)
    for haplotype, side in enumerate("ab"):
        position, _ = maps[haplotype].to_haplotype(contig, table["pos"].to_numpy(dtype=np.int64))
        offset = position - start[table["region"].to_numpy(), haplotype]
        size = table[f"allele_{side}"].str.len().to_numpy()
        table[f"offset_{side}"] = offset
        touches |= (offset < length) & (offset + size > 0)
        clipped |= (offset < 0) | (offset + size > length)
    return table.assign(chrom=contig, clipped=clipped)[touches][list(VARIANT_COLUMNS)]
