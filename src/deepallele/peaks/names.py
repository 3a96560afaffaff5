"""Names of the user's own regions.

Only the standard library is used, because the checks before the first job use this module too.
"""

from collections.abc import Iterator
from pathlib import Path

from deepallele.compressed import open_binary
from deepallele.errors import InputError
from deepallele.peaks.saf import is_saf, read_saf

_HEADERS = (b"#", b"track", b"browser")
_NO_NAME = (".", "")


def check_region_names(path: str | Path) -> None:
    """Refuse a BED, narrowPeak or SAF that gives a name twice; `.` is no name.

    Raises
    ------
    InputError
        If two regions have one name, or a SAF is none.
    """
    first: dict[str, int] = {}
    for number, name in enumerate(region_names(path), start=1):
        if not name:
            continue
        if name in first:
            raise InputError(
                f"{path}: region name {name!r} appears twice (regions {first[name]} and {number}); "
                "give each its own name"
            )
        first[name] = number


def region_names(path: str | Path) -> list[str]:
    """Names of the regions of a BED, narrowPeak or SAF in its order, empty where a region has none.

    Raises
    ------
    InputError
        If a SAF is none.
    """
    names = (row.name for row in read_saf(path)) if is_saf(path) else _bed_names(path)
    return ["" if name in _NO_NAME else name for name in names]


def _bed_names(path: str | Path) -> Iterator[str]:
    with open_binary(path) as file:
        for line in file:
            if line.strip() and not line.startswith(_HEADERS):
                fields = line.rstrip(b"\r\n").split(b"\t")
                yield fields[3].decode(errors="replace") if len(fields) > 3 else "."
