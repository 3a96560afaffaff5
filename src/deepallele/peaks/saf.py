"""SAF files (featureCounts' simplified annotation format) as regions.

Only the standard library is used, because the checks before the first job use this module too.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deepallele.compressed import check_end, open_binary
from deepallele.errors import InputError

# Format: the section "Annotation format" of the Subread users' guide (Liao, Smyth and Shi).
HEADER = ("GeneID", "Chr", "Start", "End", "Strand")
_ENDINGS = (".saf", ".saf.gz")
# At most 18 digits: more do not fit into 64 bits.
_NUMBER = re.compile(r"[0-9]{1,18}")


class SafRow(NamedTuple):
    """One row; start and end 0-based half-open."""

    name: str
    chrom: str
    start: int
    end: int


def is_saf(path: str | Path) -> bool:
    """Whether a file is a SAF: by its name, or by a first line that begins as SAF's header does."""
    if str(path).lower().endswith(_ENDINGS):
        return True
    with open_binary(path) as file:
        return file.read(len(HEADER[0]) + 1).lower() == f"{HEADER[0]}\t".lower().encode()


def read_saf(path: str | Path) -> Iterator[SafRow]:
    """Read the rows of a SAF in its order.

    Parameters
    ----------
    path
        Tab-separated with the header GeneID, Chr, Start, End, Strand (in any case); 1-based, the end
        included; plain, gzip or bgzip. Further columns, blank lines and lines that begin with # are passed
        over.

    Raises
    ------
    InputError
        If the file is damaged or lacks its header, or with its number on the first line that is no row.
    """
    check_end(path)
    with open_binary(path) as file:
        lines = file.read().decode(errors="replace").splitlines()
    header_seen = False
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if not header_seen:
            if [field.strip().lower() for field in fields[:5]] != [name.lower() for name in HEADER]:
                raise InputError(
                    f"{path}, line {number}: {line[:60]!r} is not the header of a SAF; its first line is: "
                    f"{' '.join(HEADER)} (separated by tabs)"
                )
            header_seen = True
            continue
        yield _row(fields, f"{path}, line {number}", line)
    if not header_seen:
        raise InputError(f"{path}: the file is empty; a SAF begins with: {' '.join(HEADER)}")


def _row(fields: list[str], where: str, line: str) -> SafRow:
    if len(fields) < len(HEADER) or not all(_NUMBER.fullmatch(field) for field in fields[2:4]):
        raise InputError(f"{where}: not a SAF row (tab-separated {', '.join(HEADER)}): {line[:60]!r}")
    first, last = int(fields[2]), int(fields[3])
    if first < 1:
        raise InputError(f"{where}: Start {first}; a SAF counts bases from 1")
    if last < first:
        raise InputError(f"{where}: End {last} is before Start {first}")
    return SafRow(fields[0], fields[1], first - 1, last)
