"""Are FASTQ files whole, not empty, and do mates match?

fastp (seen with 0.23.2) ends with success on an empty file, on one that is cut short, and on mates of
different number, and silently drops what does not fit.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.reads.records import FastqReads, read_name

# Names that are remembered; 16 bytes each.
_MOST_NAMES = 1 << 20

Hashes = NDArray[np.uint64]


def check_fastq(paths: Sequence[str | Path]) -> int:
    """Read one FASTQ file, or the two files of mates, to the end and count the reads.

    Parameters
    ----------
    paths
        One file, or two whose reads are mates in the same order; plain or gzip.

    Returns
    -------
    int
        Number of reads (pairs where two files are given).

    Raises
    ------
    InputError
        If a read or file is not as `FastqReads` wants it, if the mates differ in number or in a name, or if
        two reads have one name: next to each other, or among those that `RepeatedNames` remembers.
    """
    reads = FastqReads(paths[0])
    names = _without_repeats(reads)
    if len(paths) == 1:
        for _ in names:
            pass
        return reads.count
    mates = FastqReads(paths[1])
    _compare(names, iter(mates), paths)
    if reads.count != mates.count:
        raise InputError(
            f"{paths[0]} has {reads.count} reads but {paths[1]} has {mates.count}; "
            "mates must match: copy both files again"
        )
    return reads.count


def _compare(names: Iterator[Hashes], mates: Iterator[Hashes], paths: Sequence[str | Path]) -> None:
    """Read both files side by side to their ends; no more than one piece of each is held."""
    none = np.zeros(0, dtype=np.uint64)
    one, other, done = none, none, 0
    while True:
        one = one if len(one) else next(names, none)
        other = other if len(other) else next(mates, none)
        common = min(len(one), len(other))
        if not common:
            break
        differs = one[:common] != other[:common]
        if differs.any():
            _fail_mates(paths, done + int(np.argmax(differs)) + 1)
        one, other, done = one[common:], other[common:], done + common
    for rest in (names, mates):
        for _ in rest:
            pass


def _fail_mates(paths: Sequence[str | Path], number: int) -> None:
    name, mate = (read_name(path, number) for path in paths)
    mend = "both files must list the same reads in the same order"
    if name[:-1] == mate[:-1] and (name[-1:], mate[-1:]) == ("1", "2"):
        mend = "remove the mate's number from the end of the names, or write it as /1 and /2"
    raise InputError(f"{paths[1]}, read {number}: named '{mate}', its mate in {paths[0]} '{name}'; {mend}")


def _without_repeats(reads: FastqReads) -> Iterator[Hashes]:
    seen = RepeatedNames(reads.path)
    for names in reads:
        seen.add(names)
        yield names
    seen.check()


class RepeatedNames:
    """Look for reads of one name, in memory that does not grow with the file.

    Neighbours are always found. Of a file of up to a million reads all names are remembered, of a larger one
    those with the smallest hashes, half a million or more, spread evenly: a single repeated name can
    escape, a repeated part of the file cannot.

    Parameters
    ----------
    path
        The file, for error messages.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._names = np.zeros(0, dtype=np.uint64)
        self._numbers = np.zeros(0, dtype=np.int64)
        self._limit = np.uint64(2**64 - 1)
        self._count = 0
        self._last = np.zeros(0, dtype=np.uint64)

    def add(self, names: Hashes) -> None:
        """Take the hashed names of the next reads.

        Raises
        ------
        InputError
            If a read has the name of the one before, or a repeated name was found elsewhere.
        """
        joined = np.concatenate([self._last, names])
        equal = joined[1:] == joined[:-1]
        if equal.any():
            number = self._count + int(np.argmax(equal)) + 2 - len(self._last)
            raise InputError(
                f"{self._path}, read {number}: '{read_name(self._path, number)}' is also the name of the "
                "read before; if the file holds both mates of each pair, write them to two files"
            )
        kept = np.flatnonzero(names <= self._limit)
        self._names = np.concatenate([self._names, names[kept]])
        self._numbers = np.concatenate([self._numbers, self._count + kept + 1])
        self._count += len(names)
        self._last = names[-1:]
        while len(self._names) > _MOST_NAMES:
            self.check()
            self._limit //= np.uint64(2)
            kept = np.flatnonzero(self._names <= self._limit)
            self._names, self._numbers = self._names[kept], self._numbers[kept]

    def check(self) -> None:
        """Compare all names that are remembered.

        Raises
        ------
        InputError
            If two are the same.
        """
        order = np.argsort(self._names, kind="stable")
        equal = np.flatnonzero(self._names[order[1:]] == self._names[order[:-1]])
        if len(equal):
            first, second = self._numbers[order[equal[0]]], self._numbers[order[equal[0] + 1]]
            raise InputError(
                f"{self._path}, read {second}: '{read_name(self._path, int(second))}' is also the name of "
                f"read {first}; is part of the file there twice?"
            )
