"""Duplicates: pairs of one class whose fragments are the same.

Two pairs are duplicates if they have the same class (A, B or ambiguous), the same reference contig and the
same two 5' ends, counted without soft clips, after the lift to the reference; for single reads the
same 5' end and strand. One of them is kept: that with the smallest hash of its read name, never that with the
best score, which would prefer the haplotype or the allele that maps better.
"""

from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.compare import Fate

CLASSES = (Fate.INFORMATIVE_A, Fate.INFORMATIVE_B, Fate.AMBIGUOUS)

FRAGMENT = np.dtype(
    [
        ("pair", "<u4"),
        ("kind", "u1"),
        ("tid", "<i4"),
        ("left", "<i4"),
        ("right", "<i4"),
        ("hash", "<u8"),
    ]
)

_BUCKETS = 64


def hash_names(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash read names to 64 bits, the same on every machine.

    Parameters
    ----------
    words
        uint64 (n, words): names padded with zeros, as `Records.name_words`; more padding does not
        change the hash.

    Returns
    -------
    NDArray[np.uint64]
        (n,). Each word is folded in by multiplication, and the last step mixes all bits (the finaliser of
        MurmurHash3, A. Appleby, public domain).
    """
    value = np.full(len(words), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for word in words.T:
        mixed = (value ^ word) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= mixed >> np.uint64(29)
        value = np.where(word != 0, mixed, value)
    for multiplier in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = (value ^ (value >> np.uint64(33))) * np.uint64(multiplier)
    return value ^ (value >> np.uint64(33))


def fragments(
    a: Alignments,
    b: Alignments,
    side: NDArray[np.int64],
    fate: NDArray[np.uint8],
    first_pair: int,
) -> NDArray[np.void]:
    """Describe the fragments of the pairs that are not dropped so far.

    Parameters
    ----------
    a, b
        The pairs aligned to each haplotype.
    side, fate
        (n,) as in `Decision`.
    first_pair
        Number of the first of these pairs in the whole run.

    Returns
    -------
    NDArray[np.void]
        (k,) of dtype `FRAGMENT`. `left` and `right` are the unclipped ends of a pair on the reference
        (0-based; `right` is behind the last base); of a single read its 5' end, and 1 if it is reverse.
    """
    kept = np.flatnonzero(fate <= Fate.AMBIGUOUS)
    names = a.records.name_words(-(-int(a.records.fixed["name_length"].max()) // 8))
    result = np.zeros(len(kept), dtype=FRAGMENT)
    result["pair"], result["kind"] = first_pair + kept, fate[kept]
    result["hash"] = hash_names(names[:: a.aligned.shape[1]][kept])
    for source, index in ((a, side[kept] == 0), (b, side[kept] == 1)):
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


def find_duplicates(table: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which fragments are to be dropped as duplicates of another one of the table.

    Parameters
    ----------
    table
        (n,) of dtype `FRAGMENT`, in any order.

    Returns
    -------
    NDArray[np.bool_]
        (n,); of each group of equal fragments all but one are True.
    """
    order = np.lexsort([table[field] for field in ("pair", "hash", "right", "left", "tid", "kind")])
    place = table[order][["kind", "tid", "left", "right"]]
    result = np.zeros(len(table), dtype=bool)
    result[order[1:]] = place[1:] == place[:-1]
    return result


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
        self, fate: NDArray[np.uint8], contigs: int, remove: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Mark duplicates in `fate`, and count what is left.

        Parameters
        ----------
        fate
            uint8 (pairs of the run,); changed in place.
        contigs
            Number of reference contigs.
        remove
            Whether to look for duplicates at all.

        Returns
        -------
        kept, duplicates
            int64 (contigs, 3) pairs left by contig and class, and int64 (3,) duplicates by class.
        """
        kept = np.zeros((contigs, len(CLASSES)), dtype=np.int64)
        duplicates = np.zeros(len(CLASSES), dtype=np.int64)
        for file in self._files:
            file.seek(0)
            table = np.frombuffer(file.read(), dtype=FRAGMENT)
            drop = find_duplicates(table) if remove else np.zeros(len(table), dtype=bool)
            fate[table["pair"][drop]] = Fate.DUPLICATES
            duplicates += np.bincount(table["kind"][drop], minlength=len(CLASSES))
            rest = table[~drop]
            cell = rest["tid"].astype(np.int64) * len(CLASSES) + rest["kind"]
            kept += np.bincount(cell, minlength=kept.size).reshape(kept.shape)
        return kept, duplicates
