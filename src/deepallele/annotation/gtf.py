"""Read a GTF in pieces, and refuse what is none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.compressed import open_binary
from deepallele.errors import InputError

CONTIG, FEATURE, START, END, STRAND, ATTRIBUTES = 0, 2, 3, 4, 6, 8
_COLUMNS = 9
_STRANDS = frozenset("+-.?")
_CHUNK_BYTES = 1 << 24
_ATTRIBUTE = r'(?:^|;)\s*{}\s+(?:"([^"]*)"|([^";\s]+))'
_GENE = re.compile(_ATTRIBUTE.format("gene_id"))
_TRANSCRIPT = re.compile(_ATTRIBUTE.format("transcript_id"))
_TAG = re.compile(_ATTRIBUTE.format("tag"))


@dataclass(frozen=True)
class Features:
    """n rows of a GTF.

    Attributes
    ----------
    fields
        The nine columns of each row, as in the file.
    line
        int64 (n,): line of the file, from 1.
    start, end
        int64 (n,): 0-based half-open.
    """

    fields: list[list[str]]
    line: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


def transcript_of(attributes: str) -> str:
    """Give the `transcript_id` of a row's attributes, or '' where it has none."""
    return _value(_TRANSCRIPT, attributes)


@cache
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(_ATTRIBUTE.format(re.escape(key)))


def attribute_of(attributes: str, key: str) -> str:
    """Give the value of one key of a row's attributes, or '' where it has none."""
    # Most rows lack most keys, and a plain search is much faster than a pattern.
    return _value(_pattern(key), attributes) if key in attributes else ""


def tags_of(attributes: str) -> set[str]:
    """Give the tags of a row's attributes; spaces within a tag become underscores."""
    if "tag" not in attributes:
        return set()
    found = (quoted or bare for quoted, bare in _TAG.findall(attributes))
    return {tag.replace(" ", "_") for tag in found if tag}


def read_gtf(path: str | Path, chunk_bytes: int = _CHUNK_BYTES) -> Iterator[Features]:
    """Read the rows of a GTF (plain or gzip) in pieces of about `chunk_bytes`; comments are passed over.

    Format: https://mblab.wustl.edu/GTF22.html

    Raises
    ------
    InputError
        If a row has other than nine columns, an empty contig, positions that are no range from 1, an
        unknown strand, or is an exon without `gene_id` or `transcript_id`; if the file is cut short, no
        text, or has no row.
    """
    number, found = 0, False
    with open_binary(path) as file:
        while lines := file.readlines(chunk_bytes):
            rows = [(number + index, line) for index, line in enumerate(lines, start=1)]
            number += len(lines)
            rows = [(index, line) for index, line in rows if line.strip() and not line.startswith(b"#")]
            if rows:
                found = True
                yield _parse(rows, path)
    if not found:
        raise InputError(f"{path}: no row in the file; give a GTF with the exons of the genes")


def _parse(rows: list[tuple[int, bytes]], path: str | Path) -> Features:
    fields = []
    for line, raw in rows:
        try:
            row = raw.decode().rstrip("\r\n").split("\t")
        except UnicodeDecodeError:
            raise InputError(f"{path}, line {line}: no text; is it a GTF?") from None
        _check(row, f"{path}, line {line}")
        fields.append(row)
    # Positions were seen to be digits.
    start, end = (np.array([row[column] for row in fields]).astype(np.int64) for column in (START, END))
    features = Features(fields, np.array([line for line, _ in rows]), start - 1, end)
    wrong = np.flatnonzero((start < 1) | (start > end))
    if len(wrong):
        line = features.line[wrong[0]]
        raise InputError(
            f"{path}, line {line}: start {start[wrong[0]]}, end {end[wrong[0]]};"
            " needed: 1 <= start <= end (GTF counts from 1 and includes the end)"
        )
    return features


def _check(row: list[str], where: str) -> None:
    if len(row) != _COLUMNS:
        raise InputError(
            f"{where}: {len(row)} tab-separated columns, a GTF has {_COLUMNS}: {' '.join(row)[:60]!r}"
        )
    if not row[CONTIG]:
        raise InputError(f"{where}: the first column, the contig, is empty; name the contig")
    for column, name in ((START, "start"), (END, "end")):
        # At most ten digits, which int64 holds.
        if not (row[column].isascii() and row[column].isdigit() and len(row[column]) <= 10):
            raise InputError(f"{where}: the {name} is {row[column]!r}, which is no position; give an integer")
    if row[STRAND] not in _STRANDS:
        raise InputError(f"{where}: the strand is {row[STRAND]!r}; it must be '+', '-' or '.'")
    if row[FEATURE] == "exon":
        for pattern, name in ((_GENE, "gene_id"), (_TRANSCRIPT, "transcript_id")):
            if not _value(pattern, row[ATTRIBUTES]):
                raise InputError(
                    f"{where}: an exon without {name}: {row[ATTRIBUTES][:60]!r};"
                    f' add {name} "..." (a GFF3 file must be converted to GTF first)'
                )


def _value(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(attributes)
    return (found.group(1) or found.group(2) or "") if found else ""
