"""Cell barcodes of the reads, from the read name or from a tag."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.barcode_regex import as_run, compile_barcode
from deepallele.allele.fields import text_of_tag
from deepallele.allele.layout import FIXED_SIZE, NAME_LENGTH
from deepallele.errors import InputError

BARCODE_TAG = "CB"
"""Tag of the barcode in the BAMs that are written (SAM tags specification)."""


class BarcodeSource(StrEnum):
    """Where the cell's barcode of a read stands."""

    NAME = "name"
    TAG = "tag"


class Texts(NamedTuple):
    """Texts that lie in the bytes of a chunk.

    Attributes
    ----------
    begin, end
        int64 (n,): offsets; equal where there is no text.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]


@dataclass(frozen=True)
class Barcode:
    """Where the barcode stands: `regex` is matched from the start of the name, `tag` is the tag's name."""

    source: BarcodeSource
    regex: str = "[^:]*"
    tag: str = BARCODE_TAG

    def check(self) -> None:
        """Refuse settings that cannot be.

        Raises
        ------
        InputError
            Naming the setting and its value.
        """
        if self.source is BarcodeSource.NAME:
            compile_barcode(self.regex)
        if self.source is BarcodeSource.TAG and not re.fullmatch("[A-Za-z][A-Za-z0-9]", self.tag):
            raise InputError(
                f"barcode tag {self.tag!r}; a SAM tag is a letter and a letter or digit, as in CB"
            )

    def missing(self, read: str) -> InputError:
        """Make the error of a sample in which no read has a barcode; `read` is the name of one of them."""
        if self.source is BarcodeSource.TAG:
            return InputError(
                f"no read has a barcode in its tag {self.tag} (read {read}, for one): the FASTQ comments lack"
                f" {self.tag}:Z:...; set single_cell.barcode and single_cell.barcode_tag to where it stands"
            )
        return InputError(
            f"the barcode regex {self.regex!r} matches nothing at the start of any read name (read {read},"
            " for one); set single_cell.barcode_regex, or single_cell.barcode: tag"
        )


def find_barcodes(records: Records, index: NDArray[np.int64], where: Barcode) -> Texts:
    """Find the barcodes of the records `index` (k,); empty texts where there is none."""
    if where.source is BarcodeSource.TAG:
        return Texts(*text_of_tag(records, index, where.tag))
    begin = records.start[index] + FIXED_SIZE
    stop = begin + records.data[records.start[index] + NAME_LENGTH] - 1
    run = as_run(where.regex)
    if run is None:
        return Texts(begin, _ends_of_matches(records, begin, stop, compile_barcode(where.regex)))
    allowed = np.isin(np.arange(256), list(run.allowed))
    return Texts(begin, _ends_of_runs(records.data, begin, stop, allowed, run.least, run.most))


def _ends_of_matches(
    records: Records, begin: NDArray[np.int64], stop: NDArray[np.int64], pattern: re.Pattern[bytes]
) -> NDArray[np.int64]:
    """End of the match in each name; its begin where there is none. The slow way, for any expression."""
    data = records.data.data
    places = zip(begin.tolist(), stop.tolist(), strict=True)
    found = ((pattern.match(data, first, last), first) for first, last in places)
    return np.array([match.end() if match else first for match, first in found], dtype=np.int64)


@njit(cache=True)
def _ends_of_runs(data, begin, stop, allowed, least, most):  # type: ignore[no-untyped-def]
    """End of the run of allowed characters in each name; its begin where the run is too short."""
    ends = begin.copy()
    for index in range(len(begin)):
        at, limit = begin[index], min(stop[index], begin[index] + most)
        while at < limit and allowed[data[at]]:
            at += 1
        if at - begin[index] >= least:
            ends[index] = at
    return ends
