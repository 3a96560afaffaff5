"""Which barcodes are cells: fragments of each barcode, and those in regions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.single_cell.barcodes import NO_BARCODE, BarcodeIndex
from deepallele.single_cell.fragments import FragmentReader

KINDS = ["fragments_a", "fragments_b", "fragments_ambiguous"]
COLUMNS = ["barcode", *KINDS, "in_regions", "share_in_regions", "in_whitelist", "group", "is_cell"]


class BarcodeCounts:
    """Fragments of each barcode of a sample.

    Attributes
    ----------
    index
        The barcodes.
    counts
        int64 (barcodes, 4): fragments of A, of B, ambiguous ones, and those in regions.
    without_barcode
        Fragments without a barcode.
    """

    def __init__(self) -> None:
        self.index = BarcodeIndex()
        self.counts = np.zeros((0, len(KINDS) + 1), dtype=np.int64)
        self.without_barcode = 0

    def add(self, barcode: NDArray[np.int64], kind: NDArray[np.int8], in_region: NDArray[np.bool_]) -> None:
        """Count fragments by the number of their barcode, (n,) each."""
        self.without_barcode += int((barcode == NO_BARCODE).sum())
        there = barcode != NO_BARCODE
        barcode, kind, in_region = barcode[there], kind[there], in_region[there]
        missing = len(self.index) - len(self.counts)
        if missing > 0:
            # Room for as many again, so that few copies are made.
            room = np.zeros((missing + len(self.counts), self.counts.shape[1]), dtype=np.int64)
            self.counts = np.concatenate([self.counts, room])
        width = self.counts.shape[1]
        flat = self.counts.reshape(-1)
        np.add.at(flat, width * barcode + kind, 1)
        np.add.at(flat, width * barcode[in_region] + len(KINDS), 1)


def count_barcodes(reader: FragmentReader) -> BarcodeCounts:
    """Count the fragments of each barcode (tag CB); the reader knows the regions.

    Raises
    ------
    InputError
        As `FragmentReader`.
    """
    result = BarcodeCounts()
    for fragments in reader:
        barcode = result.index.numbers(fragments.records, fragments.record)
        result.add(barcode, fragments.kind, fragments.in_region)
    result.counts = result.counts[: len(result.index)]
    return result


def call_cells(
    found: BarcodeCounts,
    min_fragments: int,
    whitelist: Iterable[str] | None,
    groups: Mapping[str, str] | None,
) -> pd.DataFrame:
    """Make the table of a sample's barcodes.

    Parameters
    ----------
    found
        Fragments of each barcode.
    min_fragments
        Fragments in regions from which a barcode is a cell.
    whitelist
        Barcodes that can be cells; None: all.
    groups
        Group of each barcode that has one, or None.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, sorted by barcode. `in_whitelist` is missing without a whitelist, `group` where there is
        none. A cell is in the whitelist and has enough fragments in regions, whether it has a group or not.

    Raises
    ------
    InputError
        If no fragment has a barcode, none of the barcodes is in the whitelist or in the groups, none is a
        cell, or a group has no cell.
    """
    number = len(found.index)
    if number == 0:
        raise InputError(
            f"none of the {found.without_barcode} fragments has a barcode (tag CB); see single_cell.barcode"
        )
    table = pd.DataFrame({"barcode": found.index.names()})
    table[[*KINDS, "in_regions"]] = found.counts
    total = found.counts[:, : len(KINDS)].sum(axis=1)
    table["share_in_regions"] = table["in_regions"] / total
    table["in_whitelist"] = pd.array([None] * number, dtype="boolean")
    allowed = np.ones(number, dtype=bool)
    if whitelist is not None:
        allowed = np.isin(np.arange(number), found.index.find(whitelist))
        table["in_whitelist"] = allowed
        _refuse(allowed, table, "whitelist")
    table["group"] = None if groups is None else table["barcode"].map(groups)
    if groups is not None:
        _refuse(table["group"].notna(), table, "table of groups")
    table["is_cell"] = allowed & (table["in_regions"] >= min_fragments)
    if not table["is_cell"].any():
        most = int(table["in_regions"][allowed].max())
        raise InputError(
            f"no barcode has {min_fragments} fragments in regions, the most is {most}; lower "
            "single_cell.min_fragments"
        )
    empty = set(groups.values() if groups else ()) - set(table["group"][table["is_cell"]])
    if empty:
        raise InputError(
            f"group '{min(empty)}' has no cell: none of its barcodes has {min_fragments} "
            "fragments in regions and is in the whitelist; lower single_cell.min_fragments, or take its rows "
            "out of single_cell.groups (for this sample alone: by the column sample)"
        )
    return table.sort_values("barcode", ignore_index=True)[COLUMNS]


def _refuse(known: Any, table: pd.DataFrame, what: str) -> None:
    if known.any():
        return
    most = table["barcode"].iloc[int(table["in_regions"].argmax())]
    raise InputError(
        f"none of the {len(table)} barcodes of the reads is in the {what}; the reads have '{most}', for one: "
        f"is that {what} of this kit and sample, and written as in the reads (endings such as -1)?"
    )


def summarise(found: BarcodeCounts, table: pd.DataFrame, min_fragments: int) -> dict[str, Any]:
    """Count the fragments and barcodes of a sample by what became of them.

    Returns
    -------
    dict
        fragments
            All; the sum of the next three.
        without_barcode
            No barcode was found.
        outside_whitelist
            The barcode is not in the whitelist; 0 where there is none.
        in_whitelist
            All others.
        barcodes, barcodes_outside_whitelist, cells
            Numbers of barcodes.
        min_fragments
            Fragments in regions from which a barcode is a cell.
        fragments_in_cells, in_regions_in_cells, share_in_regions
            Fragments of the cells, those of them in regions, and their share.
        share_in_cells
            Share of the fragments of `in_whitelist` that are in cells.
        median_fragments, median_in_regions
            Per cell.
        groups
            By group, the number of its cells; null where there is no table of groups.
        cells_without_group, grouped_barcodes_no_cell
            Cells that the table of groups lacks, and barcodes of it that were seen but are no cells; null
            where there is no table.
    """
    total = table[KINDS].sum(axis=1)
    outside = (table["in_whitelist"] == False).fillna(False).astype(bool)  # noqa: E712
    cell, group = table["is_cell"], table["group"]
    in_cells, in_regions = int(total[cell].sum()), int(table["in_regions"][cell].sum())
    grouped = bool(group.notna().any())
    return {
        "fragments": int(total.sum()) + found.without_barcode,
        "without_barcode": found.without_barcode,
        "outside_whitelist": int(total[outside].sum()),
        "in_whitelist": int(total[~outside].sum()),
        "barcodes": len(table),
        "barcodes_outside_whitelist": int(outside.sum()),
        "cells": int(cell.sum()),
        "min_fragments": min_fragments,
        "fragments_in_cells": in_cells,
        "in_regions_in_cells": in_regions,
        "share_in_regions": round(in_regions / in_cells, 6) if in_cells else None,
        "share_in_cells": round(in_cells / int(total[~outside].sum()), 6),
        "median_fragments": float(total[cell].median()),
        "median_in_regions": float(table["in_regions"][cell].median()),
        "groups": {str(name): int(n) for name, n in group[cell].value_counts().items()} if grouped else None,
        "cells_without_group": int((cell & group.isna()).sum()) if grouped else None,
        "grouped_barcodes_no_cell": int((~cell & group.notna()).sum()) if grouped else None,
    }
