"""Bases as small integers: A 0, C 1, G 2, T 3, anything else 4."""

import numpy as np
import pyfaidx
from numpy.typing import NDArray

from deepallele.errors import InputError

BASES = "ACGTN"
OTHER = 4

_CODE_OF_BYTE = np.full(256, OTHER, dtype=np.uint8)
for _code, _base in enumerate(BASES[:OTHER]):
    _CODE_OF_BYTE[[ord(_base), ord(_base.lower())]] = _code
_COMPLEMENT = np.array([3, 2, 1, 0, OTHER], dtype=np.uint8)
_BYTE_OF_CODE = np.frombuffer(BASES.encode(), dtype=np.uint8)


def encode(sequence: str) -> NDArray[np.uint8]:
    """Turn letters (upper or lower case) into codes; every letter but A, C, G, T becomes 4.

    Parameters
    ----------
    sequence
        DNA letters.

    Returns
    -------
    ndarray of uint8, shape (len(sequence),)
    """
    return _CODE_OF_BYTE[np.frombuffer(sequence.encode("latin-1"), dtype=np.uint8)]


def decode(codes: NDArray[np.uint8]) -> str:
    """Turn codes (any shape (n,), values 0 to 4) into upper-case letters; 4 becomes N.

    Raises
    ------
    IndexError
        If a code is above 4.
    """
    return _BYTE_OF_CODE[codes].tobytes().decode()


def reverse_complement(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reverse complement of codes along the last axis; 4 stays 4."""
    return _COMPLEMENT[codes[..., ::-1]]


def fetch(fasta: pyfaidx.Fasta, contig: str, start: int, end: int) -> NDArray[np.uint8]:
    """Read the bases [start, end) of a contig as codes.

    Parameters
    ----------
    fasta
        Open FASTA.
    contig
        Name of the contig.
    start, end
        0-based, half-open; may reach over either end of the contig.

    Returns
    -------
    ndarray of uint8, shape (end - start,)
        Positions outside the contig are 4.

    Raises
    ------
    InputError
        If the FASTA has no such contig.
    ValueError
        If `end` is smaller than `start`.
    """
    if contig not in fasta:
        raise InputError(f"{fasta.filename}: no contig '{contig}'; is it of the same assembly as the rest?")
    if end < start:
        raise ValueError(f"end {end} is before start {start}")
    codes = np.full(end - start, OTHER, dtype=np.uint8)
    first, last = max(start, 0), min(end, len(fasta[contig]))
    if first < last:
        codes[first - start : last - start] = encode(str(fasta[contig][first:last]))
    return codes
