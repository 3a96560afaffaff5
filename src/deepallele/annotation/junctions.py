"""One list of new splice junctions for both haplotypes, from what the aligner found on either.

A junction is known by the exon bases on both sides of its intron; it is lifted where both exist.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.files import write_json, write_table, write_text
from deepallele.genome.haplotype_map import HaplotypeMap

# STAR takes shorter gaps for deletions (--alignIntronMin).
MIN_INTRON = 21
_COLUMNS = ["contig", "start", "end", "strand", "motif", "annotated", "unique", "multiple", "overhang"]
_STRANDS = np.array([".", "+", "-"])
_PLACE = ["contig", "start", "end"]

Move = Callable[[str, NDArray[np.int64]], tuple[NDArray[np.int64], NDArray[np.bool_]]]


def read_junctions(path: str | Path) -> pd.DataFrame:
    """Read STAR's SJ.out.tab.

    Returns
    -------
    DataFrame
        `contig`; `start`, `end`: the intron, 0-based half-open; `strand`: 0 unknown, 1 plus, 2 minus;
        `annotated`: 1 where the junction was known; `unique`: uniquely aligned reads that cross it. An empty
        file is an empty table.

    Raises
    ------
    InputError
        If the file is not what STAR writes.
    """
    try:
        table = pd.read_csv(path, sep="\t", header=None, dtype={0: str}, keep_default_na=False)
    except pd.errors.EmptyDataError:
        table = pd.DataFrame({name: pd.Series(dtype=np.int64) for name in _COLUMNS}).astype({"contig": str})
    except pd.errors.ParserError as error:
        raise InputError(f"{path}: not STAR's SJ.out.tab ({error}); run the mapping again") from None
    if table.shape[1] != len(_COLUMNS) or not all(kind == np.int64 for kind in table.dtypes.iloc[1:]):
        raise InputError(
            f"{path}: not STAR's SJ.out.tab, a table of {len(_COLUMNS)} columns; run the mapping again"
        )
    table.columns = pd.Index(_COLUMNS)
    table["start"] -= 1
    return table[[*_PLACE, "strand", "annotated", "unique"]]


def lift_junctions(table: pd.DataFrame, move: Move) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Lift introns by the exon bases on both sides.

    Parameters
    ----------
    table
        Columns `contig`, `start`, `end` (0-based half-open) and others.
    move
        `HaplotypeMap.to_haplotype` or `to_reference`.

    Returns
    -------
    DataFrame
        The same rows and columns, lifted.
    ndarray of bool, shape (rows,)
        Whether both exon bases exist and the intron keeps `MIN_INTRON` bases; a row's place means nothing
        otherwise.
    """
    start, end = (table[name].to_numpy(dtype=np.int64, copy=True) for name in ("start", "end"))
    good = np.zeros(len(table), dtype=bool)
    for contig, rows in table.groupby("contig", sort=False).indices.items():
        left, left_exists = move(str(contig), start[rows] - 1)
        right, right_exists = move(str(contig), end[rows])
        start[rows], end[rows] = left + 1, right
        good[rows] = left_exists & right_exists & (right - left - 1 >= MIN_INTRON)
    return table.assign(start=start, end=end), good


def merge_junctions(
    found: Sequence[Sequence[str | Path]],
    maps: Sequence[HaplotypeMap],
    min_reads: int,
    out: Sequence[str | Path],
    table: str | Path,
    summary: str | Path,
) -> dict[str, Any]:
    """Make one list of the junctions that the GTF lacks and enough reads cross, for both haplotypes.

    Support is the number of uniquely aligned reads: of the two haplotypes the larger, so that a read
    aligned to both counts once; summed over the samples. Only junctions that exist on both haplotypes
    are listed, so that neither explains reads better because of the list.

    Parameters
    ----------
    found
        For each haplotype the SJ.out.tab of each sample, samples in the same order.
    maps
        Map between the reference and each haplotype.
    min_reads
        Smallest support.
    out
        For each haplotype the list to write, as STAR's --sjdbFileChrStartEnd reads it: contig, first and last
        base of the intron (from 1), strand; no header.
    table
        TSV to write: the listed junctions on the reference (0-based half-open), strand and support.
    summary
        JSON to write: numbers of what was found and of what became of it.

    Returns
    -------
    dict
        What the summary says.

    Raises
    ------
    InputError
        As `read_junctions`.
    """
    parts, lost = [], 0
    for haplotype, paths in enumerate(found):
        for sample, path in enumerate(paths):
            new = read_junctions(path).query("annotated == 0")
            lifted, good = lift_junctions(new, maps[haplotype].to_reference)
            lost += int((~good).sum())
            parts.append(lifted[good].assign(sample=sample, haplotype=haplotype))
    merged = _support(pd.concat(parts, ignore_index=True))
    enough = merged["reads"] >= min_reads
    lists = [lift_junctions(merged, one.to_haplotype) for one in maps]
    both = np.logical_and.reduce([good for _, good in lists])
    kept = (enough & both).to_numpy()
    write_table(merged[kept], table)
    for (lifted, _), path in zip(lists, out, strict=True):
        _write_list(lifted[kept], path)
    report = {
        "found_without_place_on_reference": lost,
        "junctions": len(merged),
        "junctions_listed": int(kept.sum()),
        "junctions_of_few_reads": int((~enough).sum()),
        "junctions_not_on_both_haplotypes": int((enough & ~both).sum()),
    }
    write_json(report, summary)
    return report


def _support(found: pd.DataFrame) -> pd.DataFrame:
    """Give each junction its reads and the strand that most of them tell, sorted by place."""
    plus_less_minus = np.array([0, 1, -1])[found["strand"]] * found["unique"]
    each = found.assign(balance=plus_less_minus).groupby([*_PLACE, "sample"])
    merged = each.agg(reads=("unique", "max"), balance=("balance", "sum")).groupby(_PLACE).sum().reset_index()
    merged["strand"] = _STRANDS[np.sign(merged["balance"])]
    return merged[[*_PLACE, "strand", "reads"]]


def _write_list(table: pd.DataFrame, path: str | Path) -> None:
    rows = table.assign(start=table["start"] + 1)[[*_PLACE, "strand"]]
    write_text(rows.to_csv(sep="\t", header=False, index=False, lineterminator="\n"), path)
