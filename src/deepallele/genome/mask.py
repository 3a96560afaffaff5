"""Places of the reference at which no variant is applied, read from a BED file.

Only the standard library is used, because the checks before the first job use this module too.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from deepallele.compressed import check_end, open_binary
from deepallele.errors import InputError

# At most 18 digits: more do not fit into 64 bits.
_NUMBER = re.compile(r"[0-9]{1,18}")


def read_bed(path: str | Path) -> Iterator[tuple[str, int, int]]:
    """Read the intervals (contig, start, end; 0-based, half-open) of a BED file in its order.

    Parameters
    ----------
    path
        BED, plain, gzip or bgzip. Blank lines and those of the header (#, track, browser) are passed over.

    Raises
    ------
    InputError
        If the file is damaged, or with its number on the first line that is no interval of a base at least.
    """
    check_end(path)
    with open_binary(path) as file:
        # Read to its end first: the lines of a damaged file may be odd, but that is not what is to be mended.
        lines = file.read().splitlines()
    for number, raw in enumerate(lines, start=1):
        line = raw.decode(errors="replace")
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        fields = line.split("\t")
        if len(fields) < 3 or not all(_NUMBER.fullmatch(field) for field in fields[1:3]):
            raise InputError(
                f"{path}, line {number}: not a BED line (tab-separated chrom, start, end): {line[:60]!r}"
            )
        start, end = int(fields[1]), int(fields[2])
        if start >= end:
            raise InputError(f"{path}, line {number}: end {end} is not greater than start {start}")
        yield fields[0], start, end


class Mask:
    """Intervals on contigs, merged where they overlap or touch.

    Parameters
    ----------
    intervals
        (contig, start, end), 0-based half-open, in any order.
    """

    def __init__(self, intervals: Iterable[tuple[str, int, int]] = ()) -> None:
        columns: dict[str, tuple[array[int], array[int]]] = {}
        for contig, start, end in intervals:
            starts, ends = columns.setdefault(contig, (array("q"), array("q")))
            starts.append(start)
            ends.append(end)
        self._merged = {contig: _merge(*parts) for contig, parts in columns.items()}

    def overlaps(self, contig: str, start: int, end: int) -> bool:
        """Whether the bases [start, end) of a contig share one with an interval."""
        if contig not in self._merged:
            return False
        starts, ends = self._merged[contig]
        following = bisect_right(ends, start)
        return following < len(starts) and starts[following] < end


def _merge(starts: "array[int]", ends: "array[int]") -> tuple["array[int]", "array[int]"]:
    """Starts and ends of the merged intervals, sorted."""
    merged_starts, merged_ends = array("q"), array("q")
    # Sorted apart from each other, they still tell where all earlier intervals have ended.
    for start, end in zip(sorted(starts), sorted(ends), strict=True):
        if merged_ends and start <= merged_ends[-1]:
            merged_ends[-1] = end
        else:
            merged_starts.append(start)
            merged_ends.append(end)
    return merged_starts, merged_ends


def read_mask(path: str | Path, contigs: Collection[str]) -> Mask:
    """Read a mask from a BED file; an empty file masks nothing.

    Parameters
    ----------
    path
        BED, plain, gzip or bgzip. Intervals on contigs that are not in `contigs` mask nothing.
    contigs
        Names of the reference's contigs.

    Raises
    ------
    InputError
        If the file is damaged, a line is no interval, or none of the intervals lies on a contig of the
        reference.
    """
    intervals = list(read_bed(path))
    if intervals and not any(contig in contigs for contig, _, _ in intervals):
        raise InputError(
            f"{path}: none of its {len(intervals)} intervals lies on a contig of the reference "
            f"(first: '{intervals[0][0]}'); name the contigs as the FASTA does"
        )
    return Mask(intervals)
