"""Optional fields of BAM records: where MD lies, and which fields do not come from the aligner."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.errors import InputError


def _code(tag: str) -> int:
    return int.from_bytes(tag.encode(), "little")


_MD = _code("MD")
# Fields that describe the alignment to the haplotype; on the reference they would be wrong.
_OF_ALIGNER = np.zeros(1 << 16, dtype=bool)
for _tag in (
    *("AS", "XS", "XN", "XM", "XO", "XG", "NM", "MD", "YF", "YT", "YS", "YP", "ZS", "ZP", "Zp"),
    *("NH", "HI", "nM", "jM", "jI", "MC", "MQ", "HP", "XH", "XI"),
):
    _OF_ALIGNER[_code(_tag)] = True
_SIZE = np.zeros(256, dtype=np.int64)
for _types, _bytes in ((b"AcC", 1), (b"sS", 2), (b"iIf", 4)):
    _SIZE[list(_types)] = _bytes


@dataclass(frozen=True)
class Tags:
    """Places of optional fields in the bytes of a chunk.

    Attributes
    ----------
    md_start, md_length
        int64 (n,): the text of each record's MD field; length -1 where there is none.
    kept_record, kept_start, kept_length
        int64 (k,): the fields to carry over, whole, by record and then in file order.
    """

    md_start: NDArray[np.int64]
    md_length: NDArray[np.int64]
    kept_record: NDArray[np.int64]
    kept_start: NDArray[np.int64]
    kept_length: NDArray[np.int64]


def find_tags(records: Records) -> Tags:
    """Walk the optional fields of all records side by side, one field of each record per round.

    Raises
    ------
    InputError
        If a field has a type that BAM does not know.
    """
    data, end = records.data, records.end
    zeros = np.flatnonzero(data == 0)
    md_start = np.zeros(len(records), dtype=np.int64)
    md_length = np.full(len(records), -1, dtype=np.int64)
    kept: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    cursor = records.tag_start
    record = np.flatnonzero(cursor < end)
    cursor = cursor[record]
    while len(record):
        code = data[cursor].astype(np.int64) + 256 * data[cursor + 1].astype(np.int64)
        size = 3 + _value_sizes(records, record, cursor, zeros)
        is_md = code == _MD
        md_start[record[is_md]] = cursor[is_md] + 3
        md_length[record[is_md]] = size[is_md] - 4
        foreign = ~_OF_ALIGNER[code]
        kept.append((record[foreign], cursor[foreign], size[foreign]))
        cursor = cursor + size
        more = cursor < end[record]
        record, cursor = record[more], cursor[more]
    empty = np.zeros(0, dtype=np.int64)
    kept.append((empty, empty, empty))
    columns = [np.concatenate(column) for column in zip(*kept, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return Tags(md_start, md_length, *(column[order] for column in columns))


def _value_sizes(
    records: Records, record: NDArray[np.int64], cursor: NDArray[np.int64], zeros: NDArray[np.int64]
) -> NDArray[np.int64]:
    data = records.data
    kind = data[cursor + 2]
    size: NDArray[np.int64] = _SIZE[kind]
    text = np.flatnonzero((kind == ord("Z")) | (kind == ord("H")))
    if len(text):
        begin = cursor[text] + 3
        size[text] = zeros[np.searchsorted(zeros, begin)] - begin + 1
    for index in np.flatnonzero(kind == ord("B")):
        array = int(cursor[index]) + 3
        count = int.from_bytes(data[array + 1 : array + 5].tobytes(), "little")
        size[index] = 5 + count * int(_SIZE[data[array]])
    unknown = np.flatnonzero(size == 0)
    if len(unknown):
        name = records.name(int(record[unknown[0]]))
        raise InputError(f"read {name}: optional field of unknown type {chr(kind[unknown[0]])!r}")
    return size
