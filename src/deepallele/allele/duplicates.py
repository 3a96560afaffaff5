"""Duplicates: pairs of one class whose fragments are the same.

Two pairs are duplicates if they have the same class (A, B, ambiguous or hemizygous), the same reference
contig, the same molecular identifier (UMI) and cell barcode, where reads have these, and the same two
5' ends, counted without soft clips, after the lift to the reference; for single reads the same 5' end and
strand. One of them is kept: that with the smallest hash of its read name, never that with the best score,
which would prefer the haplotype or the allele that maps better. Pairs without a barcode count as one cell.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.barcode import Texts
from deepallele.allele.compare import Decision
from deepallele.allele.names import hash_names, text_words
from deepallele.allele.outcome import CLASSES, Fate, Settings, fate_of
from deepallele.allele.umi import hash_umis

FRAGMENT = np.dtype(
    [
        ("pair", "<u4"),
        ("kind", "u1"),
        ("tid", "<i4"),
        ("left", "<i4"),
        ("right", "<i4"),
        ("hash", "<u8"),
        ("molecule", "<u8"),
    ]
)

MOST_COPIES = (1 << 16) - 1
"""Sets of more duplicates are counted as being of so many."""

LONGEST_INSERT = 2000
"""Longer fragments are counted as being of this length (bases)."""

_BUCKETS = 256
_ODD = np.uint64(0x9E3779B97F4A7C15)


def fragments(
    a: Alignments,
    b: Alignments,
    decision: Decision,
    settings: Settings,
    first_pair: int,
    barcodes: Texts | None = None,
) -> NDArray[np.void]:
    """Describe the fragments of the pairs that are not dropped so far.

    Parameters
    ----------
    a, b
        The pairs aligned to each haplotype.
    decision
        What became of them.
    settings
        Where the UMI stands.
    first_pair
        Number of the first of these pairs in the whole run.
    barcodes
        Barcode of each pair, in the bytes of `a.records`; None: no single cells.

    Returns
    -------
    NDArray[np.void]
        (k,) of dtype `FRAGMENT`. `left` and `right` are the unclipped ends of a pair on the reference
        (0-based; `right` is behind the last base); of a single read its 5' end, and 1 if it is reverse.
        `hash` is that of the read's name, `molecule` that of its identifier and its cell's barcode.

    Raises
    ------
    InputError
        If a read lacks its UMI.
    """
    kept = np.flatnonzero(decision.fate <= Fate.HEMIZYGOUS)
    side, mates = decision.side[kept], a.aligned.shape[1]
    names = a.records.name_words(-(-int(a.records.fixed["name_length"].max()) // 8))
    result = np.zeros(len(kept), dtype=FRAGMENT)
    result["pair"], result["kind"] = first_pair + kept, decision.fate[kept]
    result["hash"] = hash_names(names[::mates][kept])
    result["molecule"] = hash_umis(a.records, kept * mates, settings)
    if barcodes is not None:
        words = text_words(a.records.data, barcodes.begin[kept], barcodes.end[kept])
        result["molecule"] ^= hash_names(words) * _ODD
    for source, index in ((a, side == 0), (b, side == 1)):
        pair = kept[index]
        start, end = source.start[pair] - source.clip_left[pair], source.end[pair] + source.clip_right[pair]
        reverse = source.reverse[pair]
        result["tid"][index] = source.tid[pair, 0]
        if reverse.shape[1] == 1:
            result["left"][index] = np.where(reverse, end, start)[:, 0]
            result["right"][index] = reverse[:, 0]
        else:
            result["left"][index] = np.where(reverse, 0, start).sum(axis=1)
            result["right"][index] = np.where(reverse, end, 0).sum(axis=1)
    return result


def count_copies(table: NDArray[np.void]) -> NDArray[np.int64]:
    """Count the fragments that are the same, at the one of them that is kept.

    Parameters
    ----------
    table
        (n,) of dtype `FRAGMENT`, in any order.

    Returns
    -------
    NDArray[np.int64]
        (n,): of each set of equal fragments, one has its size, itself included, and the others, which are the
        duplicates, have 0. Where even the hashes are equal, the first pair of the run is kept.
    """
    # Whole numbers that are equal just where all of their parts are.
    place = table["tid"].astype(np.int64) * len(Fate) + table["kind"]
    ends = (table["left"].astype(np.int64) << 32) + table["right"]
    parts = [table["molecule"], ends, place] if table["molecule"].any() else [ends, place]
    order = np.lexsort([table["pair"], table["hash"], *parts])
    differs = np.ones(len(table), dtype=bool)
    if len(table):
        differs[1:] = np.logical_or.reduce([part[order[1:]] != part[order[:-1]] for part in parts])
    first = np.flatnonzero(differs)
    result = np.zeros(len(table), dtype=np.int64)
    result[order[first]] = np.diff(first, append=len(table))
    return result


@dataclass(frozen=True)
class Settled:
    """Numbers of pairs once duplicates are known; classes are those of `CLASSES`.

    Attributes
    ----------
    kept
        int64 (contigs, classes): pairs left.
    duplicates
        int64 (classes,): duplicates.
    lengths
        int64 (classes, longest + 1): pairs left by fragment length on the reference, in bases, between the 5'
        ends of the mates; the last column counts all longer ones. None for single reads.
    """

    kept: NDArray[np.int64]
    duplicates: NDArray[np.int64]
    lengths: NDArray[np.int64] | None


class FragmentStore:
    """Fragments of a whole run, kept in files, so that memory holds one part of them at a time.

    Equal fragments always fall into the same file.

    Parameters
    ----------
    folder
        Existing folder for the files.
    """

    def __init__(self, folder: Path) -> None:
        self._files = [(folder / f"fragments.{bucket}").open("w+b") for bucket in range(_BUCKETS)]

    def __enter__(self) -> "FragmentStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, table: NDArray[np.void]) -> None:
        """Append fragments, (k,) of dtype `FRAGMENT`."""
        bucket = (table["left"].astype(np.int64) * 31 + table["right"] + table["tid"]) % _BUCKETS
        order = np.argsort(bucket, kind="stable")
        border = np.searchsorted(bucket[order], np.arange(_BUCKETS + 1))
        table = table[order]
        for file, begin, end in zip(self._files, border[:-1], border[1:], strict=True):
            file.write(table[begin:end].tobytes())

    def settle(
        self,
        packed: NDArray[np.uint8],
        contigs: int,
        remove: bool,
        longest: int | None,
        copies: NDArray[np.uint16] | None = None,
    ) -> "Settled":
        """Mark duplicates, and count what is left.

        Parameters
        ----------
        packed
            uint8 (pairs of the run,), see `deepallele.allele.outcome.pack`; changed in place.
        contigs
            Number of reference contigs.
        remove
            Whether to look for duplicates at all.
        longest
            Fragment length (bases) up to which lengths are counted; None for single reads.
        copies
            uint16 (pairs of the run,): set, for the pairs that are left, to the number of their duplicates,
            themselves included, at most `MOST_COPIES`; None: not wanted.
        """
        kept = np.zeros((contigs, len(CLASSES)), dtype=np.int64)
        duplicates = np.zeros(len(CLASSES), dtype=np.int64)
        lengths = None if longest is None else np.zeros((len(CLASSES), longest + 1), dtype=np.int64)
        for file in self._files:
            file.seek(0)
            table = np.frombuffer(bytearray(file.read()), dtype=FRAGMENT)
            # The class may have changed since.
            table["kind"] = fate_of(packed[table["pair"]])
            size = count_copies(table) if remove else np.ones(len(table), dtype=np.int64)
            drop = size == 0
            if copies is not None:
                copies[table["pair"]] = np.minimum(size, MOST_COPIES)
            packed[table["pair"][drop]] = Fate.DUPLICATES
            duplicates += np.bincount(table["kind"][drop], minlength=len(CLASSES))
            rest = table[~drop]
            _count(kept, rest["tid"].astype(np.int64) * len(CLASSES) + rest["kind"])
            if lengths is not None:
                # Where mates reach past each other's start, the outer ends are not those of the fragment.
                length = np.clip(rest["right"] - rest["left"], 0, longest)
                _count(lengths, rest["kind"].astype(np.int64) * lengths.shape[1] + length)
        return Settled(kept, duplicates, lengths)


def _count(table: NDArray[np.int64], cell: NDArray[np.int64]) -> None:
    """Add one to the cells with these numbers, for each time they occur."""
    table += np.bincount(cell, minlength=table.size).reshape(table.shape)
