"""Lines of a fragment file, brought into order and written as bgzip."""

from pathlib import Path
from types import TracebackType

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bgzf import BgzfWriter
from deepallele.allele.names import text_words
from deepallele.peaks.cuts import LONGEST_NUMBER, write_number
from deepallele.single_cell.barcodes import BarcodeIndex

ROW = np.dtype(
    [("start", "<i8"), ("end", "<i8"), ("barcode", "<i8"), ("copies", "<i8"), ("kind", "i1"), ("second", "?")]
)
"""A fragment: interval, number of the barcode, reads, class, whether it is of the second half."""

_TAB, _LINE_FEED = ord("\t"), ord("\n")


class LineWriter:
    """Write fragments by contig, start, end and barcode; holds those that may still have to wait.

    Parameters
    ----------
    path
        File to write.
    contigs
        Names of the contigs.
    index
        The barcodes.
    """

    def __init__(self, path: Path, contigs: list[str], index: BarcodeIndex) -> None:
        self._file = BgzfWriter(path)
        self._contigs = [np.frombuffer(name.encode(), dtype=np.uint8) for name in contigs]
        self._index = index
        self._tid = 0
        self._waiting = np.zeros(0, dtype=ROW)

    def __enter__(self) -> "LineWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, tid: int, rows: NDArray[np.void], behind: int) -> None:
        """Take fragments.

        Parameters
        ----------
        tid
            Number of their contig, not below that of earlier ones.
        rows
            (n,) of dtype `ROW`.
        behind
            No later fragment of the contig starts before this position.
        """
        if tid != self._tid:
            self._write(self._waiting)
            self._tid, self._waiting = tid, np.zeros(0, dtype=ROW)
        rows = np.concatenate([self._waiting, rows])
        final = rows["start"] < behind
        self._write(rows[final])
        self._waiting = rows[~final]

    def close(self) -> None:
        """Write what waits, and end the file."""
        self._write(self._waiting)
        self._file.close()

    def _write(self, rows: NDArray[np.void]) -> None:
        if not len(rows):
            return
        text, begin, end = self._index.places(rows["barcode"])
        # Big-endian words compare as their texts do.
        words = text_words(text, begin, end).byteswap()
        order = np.lexsort([*words.T[::-1], rows["end"], rows["start"]])
        rows, begin, end = rows[order], begin[order], end[order]
        contig = self._contigs[self._tid]
        longest = len(contig) + 3 * LONGEST_NUMBER + 2 + int((end - begin).max())
        lines = np.empty(len(rows) * longest, dtype=np.uint8)
        size = _format(contig, rows["start"], rows["end"], text, begin, end, rows["copies"], lines)
        self._file.write(lines[:size].data)


@njit(cache=True, nogil=True)
def _format(contig, start, stop, text, begin, end, copies, lines):  # type: ignore[no-untyped-def]
    """Write the lines; returns their bytes."""
    at = 0
    for index in range(len(start)):
        for byte in contig:
            lines[at] = byte
            at += 1
        at = write_number(lines, write_number(lines, at, start[index]), stop[index])
        lines[at] = _TAB
        at += 1
        for place in range(begin[index], end[index]):
            lines[at] = text[place]
            at += 1
        at = write_number(lines, at, copies[index])
        lines[at] = _LINE_FEED
        at += 1
    return at
