"""What the quality control needs of each record: its haplotype, its mate, its name's hash."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import PAIRED, Records, RecordStream
from deepallele.allele.fields import find_field
from deepallele.allele.names import hash_names
from deepallele.errors import InputError
from deepallele.peaks.chunks import CHUNK, chunks

A, B, AMBIGUOUS = range(3)


def by_contig(stream: RecordStream, threads: int = 1, chunk: int = CHUNK) -> Iterator[tuple[int, Records]]:
    """Give the number of a contig and some of its records; chunks do not cross from one contig to the next.

    Raises
    ------
    InputError
        If the records are not sorted by position.
    """
    last = (0, 0)
    for records in chunks(stream, threads, chunk):
        tid, start = records.fixed["tid"], records.fixed["pos"]
        place = (tid.astype(np.int64) << 32) + start
        if (tid < 0).any() or (np.diff(place) < 0).any() or (int(tid[0]), int(start[0])) < last:
            raise InputError(f"{stream.source}: not sorted by position, or with reads that have none")
        last = (int(tid[-1]), int(start[-1]))
        edge = np.flatnonzero(np.diff(tid)) + 1
        for part in np.split(np.arange(len(records)), edge):
            yield int(tid[part[0]]), Records(records.data, records.start[part])


def haplotypes(records: Records) -> NDArray[np.int8]:
    """Read tag HP: 0 for haplotype A (1), 1 for B (2), 2 where there is none; int8 (n,).

    Raises
    ------
    InputError
        If HP is neither 1 nor 2.
    """
    field = find_field(records, np.arange(len(records)), "HP")
    tagged = np.flatnonzero(field.start >= 0)
    value = records.data[field.start[tagged]]
    wrong = np.flatnonzero((value != A + 1) & (value != B + 1))
    if len(wrong):
        index = int(wrong[0])
        raise InputError(
            f"read {records.name(int(tagged[index]))}: HP tag {value[index]}; only 1 and 2 are known"
        )
    haplotype = np.full(len(records), AMBIGUOUS, dtype=np.int8)
    haplotype[tagged] = value - 1
    return haplotype


def pair_keys(records: Records) -> NDArray[np.uint64]:
    """Give both mates of a pair the same key, and other pairs another one; uint64 (n,).

    A 64-bit hash of the read's name and the two positions: names need only be unique at one place.
    """
    fixed = records.fixed
    first, last = np.minimum(fixed["pos"], fixed["next_pos"]), np.maximum(fixed["pos"], fixed["next_pos"])
    place = first.astype(np.uint64) << np.uint64(32) | last.astype(np.uint64)
    words = -(-int(fixed["name_length"].max(initial=1)) // 8)
    return hash_names(np.column_stack([records.name_words(words), place]))


class Mates:
    """Finds, in records sorted by position, the mates of a pair, however far apart they come.

    What it remembers is one key, end and mask per pair whose second mate is still to come.
    """

    def __init__(self) -> None:
        self._key = np.zeros(0, dtype=np.uint64)
        self._end = np.zeros((0, 2), dtype=np.int64)
        self._mask = np.zeros(0, dtype=np.uint8)

    def join(
        self, records: Records, end: NDArray[np.int64], reach: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the earlier mate of each record.

        Parameters
        ----------
        records
            The next records of one contig, n.
        end, reach
            int64 (n,): where each one ends on the reference (exclusive), and how far it reaches.

        Returns
        -------
        end, reach
            int64 (n,): those of the earlier mate; -1 for records that come first or have no mate.
        """
        paired = np.flatnonzero((records.fixed["flag"] & PAIRED) != 0)
        keys = pair_keys(records) if len(paired) else np.zeros(len(records), dtype=np.uint64)
        waiting = len(self._key)
        self._single = np.setdiff1d(np.arange(len(records)), paired, assume_unique=True)
        self._source = np.concatenate([np.full(waiting, -1), paired])
        self._keys = np.concatenate([self._key, keys[paired]])
        self._ends = np.concatenate([self._end, np.stack([end, reach], axis=1)[paired]])
        order = np.argsort(self._keys, kind="stable")
        ordered = self._keys[order]
        opens = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        size = np.diff(np.append(opens, len(ordered)))
        rank = np.arange(len(ordered)) - np.repeat(opens, size)
        later = np.flatnonzero(rank % 2 == 1)
        self._second, self._first = order[later], order[later - 1]
        open_ = np.ones(len(ordered), dtype=bool)
        open_[self._second] = open_[self._first] = False
        self._open = np.flatnonzero(open_)
        earlier = np.full((len(records), 2), -1, dtype=np.int64)
        earlier[self._source[self._second]] = self._ends[self._first]
        return earlier[:, 0], earlier[:, 1]

    def settle(self, mask: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Join what the two mates saw, for the fragments that are now whole.

        Parameters
        ----------
        mask
            uint8 (n,): bits found in each record given to `join`.

        Returns
        -------
        record, mask
            (k,): index of the record that completes each fragment, and the bits of both its mates.
        """
        joined = np.concatenate([self._mask, mask[self._source[len(self._mask) :]]])
        both = joined[self._first] | joined[self._second]
        self._key, self._end = self._keys[self._open], self._ends[self._open]
        self._mask = joined[self._open]
        record = np.concatenate([self._source[self._second], self._single])
        return record, np.concatenate([both, mask[self._single]])

    @property
    def earliest(self) -> int | None:
        """The smallest end of the mates that wait; None where none does."""
        return int(self._end[:, 0].min()) if len(self._end) else None

    @property
    def waiting(self) -> int:
        """Pairs whose second mate has not come."""
        return len(self._key)
