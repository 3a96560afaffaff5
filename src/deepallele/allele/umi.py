"""Molecular identifiers (UMI) of the reads."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.fields import text_of_tag
from deepallele.allele.layout import FIXED_SIZE, NAME_LENGTH
from deepallele.allele.names import hash_names, text_words
from deepallele.allele.outcome import Settings, Umi
from deepallele.errors import InputError

# Bases, and what stands between the two identifiers of a pair.
_OF_UMI = np.isin(np.arange(256), list(b"ACGTNacgtn+-_"))


def hash_umis(records: Records, index: NDArray[np.int64], settings: Settings) -> NDArray[np.uint64]:
    """Hash the molecular identifiers (UMI) of some records; identifiers that differ in one base differ.

    Parameters
    ----------
    records
        Records of a chunk.
    index
        int64 (k,): which of them.
    settings
        `umi` and `umi_separators` say where the identifier stands.

    Returns
    -------
    NDArray[np.uint64]
        (k,); 0 for all where `umi` is none.

    Raises
    ------
    InputError
        If a read has no identifier there, or one of other letters than bases, naming the read.
    """
    if settings.umi is Umi.NONE:
        return np.zeros(len(index), dtype=np.uint64)
    if settings.umi is Umi.TAG:
        begin, end = text_of_tag(records, index, "RX")
    else:
        begin, end = _in_name(records, index, settings)
    wrong = _first_wrong(records.data, begin, end)
    if wrong >= 0:
        read = records.name(int(index[wrong]))
        where = (
            "in its RX tag"
            if settings.umi is Umi.TAG
            else f"behind the last of the characters {settings.umi_separators!r} of its name"
        )
        raise InputError(
            f"read {read}: no UMI (bases A, C, G, T, N) {where}; set allele.umi and allele.umi_separators"
            " to where the UMI stands, or allele.umi to none"
        )
    return hash_names(text_words(records.data, begin, end))


def _in_name(
    records: Records, index: NDArray[np.int64], settings: Settings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    separator = np.isin(np.arange(256), list(settings.umi_separators.encode()))
    return _behind_separator(records.data, records.start[index], separator)


@njit(cache=True)
def _behind_separator(data, starts, separator):  # type: ignore[no-untyped-def]
    """Begin and end of what follows the last separator of each name; empty where there is none."""
    begin, end = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts), dtype=np.int64)
    for index in range(len(starts)):
        first = starts[index] + FIXED_SIZE
        stop = first + np.int64(data[starts[index] + NAME_LENGTH]) - 1
        at = stop
        while at > first and not separator[data[at - 1]]:
            at -= 1
        if at > first:
            begin[index], end[index] = at, stop
    return begin, end


@njit(cache=True)
def _first_wrong(data, begin, end):  # type: ignore[no-untyped-def]
    """Index of the first text that is empty or has a wrong letter; -1 if there is none."""
    for index in range(len(begin)):
        if end[index] <= begin[index]:
            return index
        for place in range(begin[index], end[index]):
            if not _OF_UMI[data[place]]:
                return index
    return -1
