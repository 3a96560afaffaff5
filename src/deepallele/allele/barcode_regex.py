"""The regular expression that finds a cell's barcode at the start of a read name.

Only the standard library is used, because the configuration is checked in Snakemake's own environment.
"""

import re
from dataclasses import dataclass

from deepallele.errors import InputError

# One character or a class of them, and how often.
_RUN = re.compile(r"(\[\^?[^\[\]\\^]+\]|\.|\\[dDwW]|[A-Za-z0-9])(?:(\*|\+)|\{(\d+)(?:(,)(\d*))?\})")
LONGEST_NAME = 254
"""Characters of the longest read name that a BAM holds."""


@dataclass(frozen=True)
class Run:
    """What the plainest expressions mean: as many of some characters as there are.

    Attributes
    ----------
    allowed
        The characters' codes.
    least, most
        How many of them make a match.
    """

    allowed: frozenset[int]
    least: int
    most: int


def compile_barcode(regex: str) -> re.Pattern[bytes]:
    """Compile the expression for use on the bytes of read names, from their start.

    Raises
    ------
    InputError
        If it is no regular expression, or holds other than ASCII characters.
    """
    try:
        return re.compile(regex.encode("ascii"))
    except UnicodeEncodeError:
        raise InputError(
            f"barcode regex {regex!r}: read names are ASCII; use ASCII characters only"
        ) from None
    except re.error as error:
        raise InputError(
            f"barcode regex {regex!r} is no regular expression: {error}; '[^:]*' is all before the first ':'"
        ) from None


def as_run(regex: str) -> Run | None:
    """Give the meaning of an expression like `[^:]*`, `[ACGT]{16}` or `.{16}`; None for any other one."""
    found = _RUN.fullmatch(regex)
    if found is None:
        return None
    characters, sign, least, comma, most = found.groups()
    one = re.compile(characters.encode("ascii"))
    allowed = frozenset(code for code in range(256) if one.fullmatch(bytes([code])))
    if sign:
        return Run(allowed, int(sign == "+"), LONGEST_NAME)
    return Run(allowed, int(least), int(most) if most else LONGEST_NAME if comma else int(least))
