"""The variants between the haplotypes that touch the windows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.records import Spans, variants_in
from deepallele.dataset.schema import VARIANT_COLUMNS
from deepallele.dataset.windows import minus_strand
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import rows_by_contig

# Reading on over a gap of this many bases costs less than jumping there with the index.
MERGE = 20_000
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def window_variants(
    regions: pd.DataFrame,
    start: NDArray[np.int64],
    length: int,
    variants: str | Path,
    maps: Sequence[HaplotypeMap],
    own: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """List every variant between the haplotypes with an allele that reaches into a window.

    Parameters
    ----------
    regions
        n rows with chrom; strand where windows have a direction.
    start
        Leftmost base of the windows, int64 (n, 2), each haplotype's own coordinates.
    length
        Length of the windows, bp.
    variants
        Indexed BCF of what was applied, see `records.variants_in`.
    maps
        Coordinate maps of the two haplotypes.
    own
        As `Windows.own`, where windows hold less than `length` bases.

    Returns
    -------
    pd.DataFrame
        Columns as `Dataset.variant`, sorted by region and position.

    Raises
    ------
    InputError
        As `records.variants_in`.
    """
    own = np.tile(np.array([0, length]), (len(start), 2, 1)) if own is None else own
    tables = []
    for contig, rows in rows_by_contig(regions["chrom"]).items():
        begin, end = _reference_spans(contig, start[rows], own[rows], maps)
        records = variants_in(variants, contig, _stretches(begin, end))
        joined = _joined(records, rows, begin, end)
        if len(joined):
            tables.append(_placed(joined, contig, start, own, maps))
    table = pd.concat(tables, ignore_index=True) if tables else _empty()
    table = table.sort_values(["region", "pos"], kind="stable", ignore_index=True)
    return _turned(table, minus_strand(regions), length)


def _empty() -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(dtype=object if kind == "str" else kind) for name, kind in VARIANT_COLUMNS.items()}
    )


def _reference_spans(
    contig: str, start: NDArray[np.int64], own: NDArray[np.int64], maps: Sequence[HaplotypeMap]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reference span that holds both windows, and the base before it: anchors of indels lie there."""
    first = [maps[h].to_reference(contig, start[:, h] + own[:, h, 0])[0] for h in (0, 1)]
    last = [maps[h].to_reference(contig, start[:, h] + own[:, h, 1] - 1)[0] for h in (0, 1)]
    size = maps[0].reference_length(contig)
    return np.maximum(np.minimum(*first) - 1, 0), np.minimum(np.maximum(*last) + 1, size)


def _stretches(begin: NDArray[np.int64], end: NDArray[np.int64]) -> Spans:
    """Join spans that lie close together: one long read of the file is cheaper than many short ones."""
    order = np.argsort(begin, kind="stable")
    begin, end = begin[order], np.maximum.accumulate(end[order])
    first = np.flatnonzero(np.append(True, begin[1:] > end[:-1] + MERGE))
    last = np.append(first[1:], len(begin)) - 1
    return list(zip(begin[first].tolist(), end[last].tolist(), strict=True))


def _joined(
    records: pd.DataFrame, rows: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> pd.DataFrame:
    """Give each span the records that overlap it: one row per pair of region and record."""
    position = records["pos"].to_numpy(dtype=np.int64)
    reach = position + records["ref"].str.len().to_numpy(dtype=np.int64)
    first = np.searchsorted(reach, begin, side="right")
    number = np.maximum(np.searchsorted(position, end, side="left") - first, 0)
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    table = records.iloc[np.repeat(first, number) + within].reset_index(drop=True)
    return table.assign(region=np.repeat(rows, number))


def _placed(
    table: pd.DataFrame,
    contig: str,
    start: NDArray[np.int64],
    own: NDArray[np.int64],
    maps: Sequence[HaplotypeMap],
) -> pd.DataFrame:
    """Add offsets in both windows; keep the variants that reach into one of them."""
    touches = np.zeros(len(table), dtype=bool)
    clipped = np.zeros(len(table), dtype=bool)
    region = table["region"].to_numpy()
    for haplotype, side in enumerate("ab"):
        position, _ = maps[haplotype].to_haplotype(contig, table["pos"].to_numpy(dtype=np.int64))
        offset = position - start[region, haplotype]
        size = table[f"allele_{side}"].str.len().to_numpy(dtype=np.int64)
        first, last = own[region, haplotype].T
        table[f"offset_{side}"] = offset
        touches |= (offset < last) & (offset + size > first)
        clipped |= (offset < first) | (offset + size > last)
    return table.assign(chrom=contig, clipped=clipped)[touches][list(VARIANT_COLUMNS)]


def _turned(table: pd.DataFrame, reverse: NDArray[np.bool_], length: int) -> pd.DataFrame:
    """Give alleles and offsets as they stand in the windows that are read on the minus strand."""
    turned = reverse[table["region"].to_numpy(dtype=np.int64)]
    if not turned.any():
        return table
    for side in "ab":
        allele, offset = table[f"allele_{side}"], table[f"offset_{side}"]
        mirrored = length - offset - allele.str.len()
        complement = allele[turned].map(lambda bases: bases.translate(_COMPLEMENT)[::-1])
        table[f"allele_{side}"] = allele.where(~turned, complement)
        table[f"offset_{side}"] = offset.where(~turned, mirrored).astype(np.int64)
    return table
