"""What can become of a read pair, and the settings that decide it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.barcode import Barcode
from deepallele.errors import InputError


class Fate(IntEnum):
    """What became of a pair; each has exactly one."""

    INFORMATIVE_A = 0
    INFORMATIVE_B = auto()
    AMBIGUOUS = auto()
    HEMIZYGOUS = auto()
    UNALIGNED = auto()
    ONE_MATE = auto()
    DISCORDANT = auto()
    DIFFERENT_PLACE = auto()
    UNLIFTED = auto()
    LOW_MAPQ = auto()
    EXCLUDED_CONTIG = auto()
    BLACKLISTED = auto()
    DUPLICATES = auto()


CLASSES = (Fate.INFORMATIVE_A, Fate.INFORMATIVE_B, Fate.AMBIGUOUS, Fate.HEMIZYGOUS)
"""Fates of the pairs that are written, the first of all."""

# A run keeps one byte per pair: the fate in its low bits, and above them
_FATE_BITS = 0x1F
_NO_VARIANT, _OVERRULED, _SECOND_HALF = 0x20, 0x40, 0x80


class Mode(StrEnum):
    """How the two alignments of a pair are compared."""

    LIKELIHOOD = "likelihood"
    PUBLISHED = "published"


class Umi(StrEnum):
    """Where the unique molecular identifier of a read stands."""

    NONE = "none"
    NAME = "name"
    TAG = "tag"


@dataclass(frozen=True)
class Settings:
    """Thresholds and choices of the assignment.

    Attributes
    ----------
    min_posterior
        Smallest posterior of a haplotype that makes a pair informative; above 0.5, up to 1. Not used in
        mode published.
    min_mapq
        Smallest MAPQ of a pair.
    min_insert, max_insert
        Limits of the fragment length of a concordant pair, in bases of the haplotype, introns included.
    remove_duplicates
        Whether to drop all but one pair of each fragment.
    mode
        How the haplotypes are compared.
    umi
        Where the identifier of the molecule stands; pairs with different ones are no duplicates.
    umi_separators
        For an identifier in the read's name: it follows the last of these characters.
    barcode
        For single cells: where the cell's barcode stands; pairs of different cells are no duplicates.
    """

    min_posterior: float = 0.95
    min_mapq: int = 2
    min_insert: int = 0
    max_insert: int = 1000
    remove_duplicates: bool = True
    mode: Mode = Mode.LIKELIHOOD
    umi: Umi = Umi.NONE
    umi_separators: str = "_:"
    barcode: Barcode | None = None

    def check(self) -> None:
        """Refuse settings out of range.

        Raises
        ------
        InputError
            Naming the setting and its value.
        """
        if not 0.5 < self.min_posterior <= 1:
            raise InputError(f"min_posterior is {self.min_posterior}; it must be above 0.5 and at most 1")
        if not 0 <= self.min_insert <= self.max_insert:
            raise InputError(
                f"min_insert is {self.min_insert}, max_insert {self.max_insert}; needed: 0 <= min <= max"
            )
        if self.umi is Umi.NAME and not (self.umi_separators and self.umi_separators.isascii()):
            raise InputError(
                f"umi_separators is {self.umi_separators!r}; give the characters before the UMI, such as '_'"
            )
        if self.barcode is not None:
            self.barcode.check()


def pack(
    fate: NDArray[np.uint8],
    no_variant: NDArray[np.bool_],
    overruled: NDArray[np.bool_],
    second_half: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Put what a run keeps of each pair into one byte; all (n,)."""
    marks = fate | no_variant * np.uint8(_NO_VARIANT) | overruled * np.uint8(_OVERRULED)
    return (marks | second_half * np.uint8(_SECOND_HALF)).astype(np.uint8)


def fate_of(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fate of each pair from its byte."""
    return packed & np.uint8(_FATE_BITS)


def haplotype_tags(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Value of HP: 1 for A, 2 for B, 0 for none; (n,)."""
    fate = fate_of(packed)
    return np.where(fate <= Fate.INFORMATIVE_B, fate + np.uint8(1), np.uint8(0)).astype(np.uint8)


def with_fate(packed: NDArray[np.uint8], fate: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give informative and ambiguous pairs another fate; all others keep theirs. All (n,)."""
    changed = (packed & np.uint8(~_FATE_BITS & 0xFF)) | fate
    return np.where(fate_of(packed) <= Fate.AMBIGUOUS, changed, packed)


def is_no_variant(packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the pair covers no variant between the haplotypes."""
    return (packed & np.uint8(_NO_VARIANT)) != 0


def is_overruled(packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the pair would be informative, did it cover a variant."""
    return (packed & np.uint8(_OVERRULED)) != 0


def is_second_half(packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the pair belongs to the second haplotype where ambiguous pairs are split."""
    return (packed & np.uint8(_SECOND_HALF)) != 0
