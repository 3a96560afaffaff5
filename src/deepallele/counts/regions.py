"""Regions to count in, and the table of their counts.

Without pandas: its import alone takes as long as the counting of a million reads.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.files import write_text

COLUMNS = ("region", "chrom", "start", "end", "sample", "count_a", "count_b", "count_ambiguous")
_FIELDS = 7


@dataclass(frozen=True)
class Regions:
    """Regions in the order of their file; reference coordinates, 0-based half-open.

    Attributes
    ----------
    name, chrom
        Text of each region, (n,).
    start, end
        int64 (n,).
    """

    name: list[str]
    chrom: list[str]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.name)


def read_regions(path: str | Path) -> Regions:
    """Read a file that `deepallele.peaks.regions.write_regions` wrote; only what counting needs is read.

    Raises
    ------
    InputError
        If there is no region, a line is no region, or a name is given twice.
    """
    lines = Path(path).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if lines == [""]:
        raise InputError(f"{path}: no region in the file; see the table of dropped ones beside it")
    rows = [line.split("\t") for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != _FIELDS:
            raise InputError(f"{path}: line {number}: {len(row)} columns, not {_FIELDS}; not a regions file")
    chrom, start, end, name = ([row[column] for row in rows] for column in range(4))
    if len(set(name)) < len(name):
        twice = Counter(name).most_common(1)[0][0]
        raise InputError(f"{path}: region name {twice!r} appears twice; names must differ")
    return Regions(name, chrom, _whole_numbers(start, path, 2), _whole_numbers(end, path, 3))


def _whole_numbers(texts: list[str], path: str | Path, column: int) -> NDArray[np.int64]:
    try:
        return np.array(list(map(int, texts)), dtype=np.int64)
    except ValueError as error:
        raise InputError(f"{path}: column {column}: {error}; a whole number is needed") from error


def write_counts(regions: Regions, sample: str, counts: NDArray[np.int64], path: str | Path) -> None:
    """Write one sample's rows of the counts table, from counts (n, 3): A, B, ambiguous."""
    columns = (regions.name, regions.chrom, regions.start.tolist(), regions.end.tolist(), counts.tolist())
    lines = [
        f"{name}\t{chrom}\t{start}\t{end}\t{sample}\t{a}\t{b}\t{ambiguous}\n"
        for name, chrom, start, end, (a, b, ambiguous) in zip(*columns, strict=True)
    ]
    write_text("\t".join(COLUMNS) + "\n" + "".join(lines), path)
