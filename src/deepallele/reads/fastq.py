"""Are FASTQ files whole, not empty, and do mates match?

fastp (seen with 0.23.2) ends with success on an empty file, on one that is cut short, and on mates of
different number, and silently drops what does not fit.
"""

import gzip
import zlib
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from deepallele.errors import InputError

_CHUNK = 1 << 22
_NAMES_COMPARED = 1000
_LINES_PER_READ = 4


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
        If a file is empty, cut short or no FASTQ, if the numbers of mates differ, or if one of the
        first 1,000 pairs has two names.
    """
    counts = [_count_reads(path) for path in paths]
    if len(paths) == 2:
        if counts[0] != counts[1]:
            raise InputError(
                f"{paths[0]} has {counts[0]} reads but {paths[1]} has {counts[1]}; "
                "mates must match: copy both files again"
            )
        for number, names in enumerate(zip_longest(*(_first_names(path) for path in paths)), start=1):
            if names[0] != names[1]:
                raise InputError(
                    f"{paths[1]}, read {number}: named '{names[1]}', its mate in {paths[0]} '{names[0]}'; "
                    "both files must list the same reads in the same order"
                )
    return counts[0]


def _open(path: str | Path) -> BinaryIO:
    with Path(path).open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else Path(path).open("rb")  # type: ignore[return-value]


def _count_reads(path: str | Path) -> int:
    lines, last = 0, b"\n"
    try:
        with _open(path) as file:
            first = file.read(1)
            if first not in (b"", b"@"):
                raise InputError(f"{path}: not a FASTQ file: it starts with {first!r} instead of '@'")
            while chunk := file.read(_CHUNK):
                lines += chunk.count(b"\n")
                last = chunk[-1:]
    except (EOFError, OSError, zlib.error) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise InputError(f"{path}: the compressed file is cut short or damaged; copy it again") from error
    lines += last != b"\n"
    if lines == 0:
        raise InputError(f"{path}: no reads in the file; leave it out of the sample sheet or mend it")
    if lines % _LINES_PER_READ:
        raise InputError(
            f"{path}: {lines} lines are no whole number of reads (4 lines each); the file is cut short"
        )
    return lines // _LINES_PER_READ


def _first_names(path: str | Path) -> list[str]:
    names = []
    with _open(path) as file:
        for number, line in zip(range(_NAMES_COMPARED * _LINES_PER_READ), file, strict=False):
            if number % _LINES_PER_READ == 0:
                word = line[1:].split()[0].decode() if line[1:].split() else ""
                names.append(word[:-2] if word.endswith(("/1", "/2")) else word)
    return names
