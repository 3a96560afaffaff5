"""Numbers for the barcodes of reads, without one Python object per read."""

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.barcode import BARCODE_TAG
from deepallele.allele.fields import text_of_tag
from deepallele.allele.layout import gather
from deepallele.allele.names import hash_names, text_words

NO_BARCODE, UNKNOWN = -1, -2

_LEAST_SLOTS = 1 << 12
_BLOCK = 1 << 16


class BarcodeIndex:
    """Numbers barcodes from 0 on, in the order in which they come; two are the same if their hashes are.

    Parameters
    ----------
    known
        Barcodes that come first.
    grows
        Whether further ones get a number; else they are `UNKNOWN`.
    """

    def __init__(self, known: Iterable[str] = (), grows: bool = True) -> None:
        self._keys = np.zeros(_LEAST_SLOTS, dtype=np.uint64)
        self._numbers = np.zeros(_LEAST_SLOTS, dtype=np.int64)
        self._text = bytearray()
        # Borders between the texts; behind the last one, room for more.
        self._ends = np.zeros(_LEAST_SLOTS, dtype=np.int64)
        self._count = 0
        self._grows = True
        for block in _blocks(known):
            self._number(*block)
        self._grows = grows

    def __len__(self) -> int:
        return self._count

    def numbers(self, records: Records, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the number of the barcode (tag CB) of the records `index`.

        Returns
        -------
        NDArray[np.int64]
            (k,); `NO_BARCODE` where there is none.
        """
        begin, end = text_of_tag(records, index, BARCODE_TAG)
        result = np.full(len(index), NO_BARCODE, dtype=np.int64)
        there = np.flatnonzero(end > begin)
        result[there] = self._number(records.data, begin[there], end[there])
        return result

    def find(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """Give the numbers of those barcodes that have one, each once, sorted."""
        found = [_look_up(_keys(*block), self._keys, self._numbers) for block in _blocks(texts)]
        numbers = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
        return numbers[numbers >= 0]

    def places(
        self, numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        """Give the barcodes with these numbers as bytes, and begin and end of each in them, (k,)."""
        first, last = self._ends[numbers], self._ends[numbers + 1]
        end = np.cumsum(last - first)
        text = gather(np.frombuffer(self._text, dtype=np.uint8), first, last - first)
        return text, end - (last - first), end

    def names(self) -> list[str]:
        """List the barcodes by their number."""
        text, ends = self._text.decode(), self._ends[: self._count + 1].tolist()
        return [text[first:last] for first, last in pairwise(ends)]

    def _number(
        self, data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        keys = _keys(data, begin, end)
        result = _look_up(keys, self._keys, self._numbers)
        unknown = np.flatnonzero(result < 0)
        if not self._grows or not len(unknown):
            return result
        _, first = np.unique(keys[unknown], return_index=True)
        new = unknown[np.sort(first)]
        self._add(data, begin[new], end[new], keys[new])
        return _look_up(keys, self._keys, self._numbers)

    def _add(
        self,
        data: NDArray[np.uint8],
        begin: NDArray[np.int64],
        end: NDArray[np.int64],
        keys: NDArray[np.uint64],
    ) -> None:
        count = self._count + len(keys)
        while 2 * count >= len(self._keys):
            self._keys, self._numbers = _doubled(self._keys, self._numbers)
            self._ends = np.concatenate([self._ends, np.zeros_like(self._ends)])
        _put(keys, self._count, self._keys, self._numbers)
        self._ends[self._count + 1 : count + 1] = len(self._text) + np.cumsum(end - begin)
        self._text += gather(data, begin, end - begin).tobytes()
        self._count = count


def _blocks(
    texts: Iterable[str],
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]]:
    """Give texts as bytes, and begin and end of each, some at a time."""
    source = iter(texts)
    while block := [text.encode() for text in islice(source, _BLOCK)]:
        size = np.array([len(text) for text in block], dtype=np.int64)
        end = np.cumsum(size)
        yield np.frombuffer(b"".join(block), dtype=np.uint8), end - size, end


def _keys(data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash of each text, never 0, which marks a free slot."""
    return np.maximum(hash_names(text_words(data, begin, end)), np.uint64(1))


@njit(cache=True)
def _look_up(keys, table, numbers):  # type: ignore[no-untyped-def]
    result = np.full(len(keys), UNKNOWN, dtype=np.int64)
    mask = len(table) - 1
    for index in range(len(keys)):
        slot = np.int64(keys[index] & np.uint64(mask))
        while table[slot] != 0:
            if table[slot] == keys[index]:
                result[index] = numbers[slot]
                break
            slot = (slot + 1) & mask
    return result


@njit(cache=True)
def _put(keys, first, table, numbers):  # type: ignore[no-untyped-def]
    """Put new keys into the table; they are numbered from `first` on."""
    mask = len(table) - 1
    for index in range(len(keys)):
        slot = np.int64(keys[index] & np.uint64(mask))
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot], numbers[slot] = keys[index], first + index


@njit(cache=True)
def _doubled(table, numbers):  # type: ignore[no-untyped-def]
    """Table of twice the slots with the same content."""
    slots = 2 * len(table)
    new_table, new_numbers = np.zeros(slots, dtype=np.uint64), np.zeros(slots, dtype=np.int64)
    mask = slots - 1
    for old in range(len(table)):
        if table[old] == 0:
            continue
        slot = np.int64(table[old] & np.uint64(mask))
        while new_table[slot] != 0:
            slot = (slot + 1) & mask
        new_table[slot], new_numbers[slot] = table[old], numbers[old]
    return new_table, new_numbers
