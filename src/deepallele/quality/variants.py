"""The variants of one contig, as arrays."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pysam.bcftools
from numpy.typing import NDArray

from deepallele.errors import InputError

# Alignments near an indel may be placed wrongly, so a difference there is no proof of a missing variant.
INDEL_MARGIN = 5

_LETTER = np.full(256, 4, dtype=np.uint8)
for _code, _base in enumerate("ACGT"):
    _LETTER[ord(_base)] = _code


class Kind(IntEnum):
    """Class of a variant; COMPLEX changes bases and length at once."""

    SNP = 0
    MNV = 1
    INSERTION = 2
    DELETION = 3
    COMPLEX = 4


@dataclass(frozen=True)
class ContigVariants:
    """Variants of one contig that at least one haplotype carries, by position; v of them.

    Attributes
    ----------
    start
        int64 (v,): 0-based position of the first base of `ref`.
    ref, alt
        str (v,), dtype object: alleles.
    carries
        int8 (v, 2): whether A and B carry `alt` (1) or `ref` (0).
    """

    start: NDArray[np.int64]
    ref: NDArray[np.object_]
    alt: NDArray[np.object_]
    carries: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: NDArray[np.bool_]) -> "ContigVariants":
        """Give the variants `rows` (bool (v,))."""
        return ContigVariants(self.start[rows], self.ref[rows], self.alt[rows], self.carries[rows])

    @property
    def between(self) -> NDArray[np.bool_]:
        """Whether the haplotypes have different alleles; bool (v,)."""
        return self.carries[:, 0] != self.carries[:, 1]

    @cached_property
    def ref_length(self) -> NDArray[np.int64]:
        """Length of `ref`; int64 (v,)."""
        return _lengths(self.ref)

    @cached_property
    def kind(self) -> NDArray[np.int8]:
        """Class of each variant, values of `Kind`; int8 (v,)."""
        before, after = self.ref_length, _lengths(self.alt)
        # At the start of a contig the anchor is the base behind the indel.
        shared = (self._letter(self.ref, 0) == self._letter(self.alt, 0)) | (
            self._letter(self.ref, -1) == self._letter(self.alt, -1)
        )
        kind = np.where(before == after, np.where(before == 1, Kind.SNP, Kind.MNV), Kind.COMPLEX)
        kind[(before == 1) & (after > 1) & shared] = Kind.INSERTION
        kind[(before > 1) & (after == 1) & shared] = Kind.DELETION
        return kind.astype(np.int8)

    def _letter(self, alleles: NDArray[np.object_], place: int) -> NDArray[np.uint8]:
        letters = "".join(allele[place] for allele in alleles).encode("latin-1")
        return _LETTER[np.frombuffer(letters, dtype=np.uint8)]

    @cached_property
    def bases(self) -> NDArray[np.uint8]:
        """First base of the two alleles, codes A0 C1 G2 T3, other 4; uint8 (v, 2).

        A's and B's; of a variant that both carry, theirs and the reference's.
        """
        alleles = np.stack([self._letter(self.ref, 0), self._letter(self.alt, 0)], axis=1)
        first = self.carries[:, 0].astype(np.int64)
        return np.take_along_axis(alleles, np.stack([first, 1 - first], axis=1), axis=1)

    @cached_property
    def alt_base(self) -> NDArray[np.uint8]:
        """First base of `alt`, codes as `bases`; uint8 (v,)."""
        return self._letter(self.alt, 0)

    @cached_property
    def stop(self) -> NDArray[np.int64]:
        """End (exclusive) of what a read must reach from `start` on to cover the variant; int64 (v,).

        Of an indel that is its anchor and one base more, of whichever haplotype: the length of the alleles
        must not matter, else the longer one would be covered less often.
        """
        inside = np.where(self.kind == Kind.COMPLEX, 1, self.ref_length)
        return self.start + np.where(self.anchored, 2, inside)

    @property
    def anchored(self) -> NDArray[np.bool_]:
        """Whether the variant is an insertion or a deletion behind an anchor; bool (v,)."""
        return (self.kind == Kind.INSERTION) | (self.kind == Kind.DELETION)

    def masks(self, position: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which positions lie on a base variant, or on or near an indel; bool, as `position`."""
        begin, reach = self._masked
        if len(begin) == 0:
            return np.zeros(len(position), dtype=bool)
        index = np.searchsorted(begin, position, side="right") - 1
        return (index >= 0) & (reach[np.maximum(index, 0)] > position)

    @cached_property
    def _masked(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        margin = np.where(self.kind >= Kind.INSERTION, INDEL_MARGIN, 0)
        begin, end = self.start - margin, self.start + self.ref_length + margin
        order = np.argsort(begin, kind="stable")
        return begin[order], np.maximum.accumulate(end[order])


def _lengths(alleles: NDArray[np.object_]) -> NDArray[np.int64]:
    return np.fromiter(map(len, alleles), dtype=np.int64, count=len(alleles))


class VariantFile:
    """The variants that make the two haplotypes, read one contig at a time.

    Parameters
    ----------
    path
        Indexed BCF or VCF: biallelic, one sample, phased A|B.

    Raises
    ------
    InputError
        If it cannot be read, has no index, or not exactly one sample.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        try:
            with pysam.VariantFile(self._path) as file:
                samples, self._contigs = list(file.header.samples), set(file.header.contigs)
                indexed = file.index is not None
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read as VCF or BCF: {error}") from error
        if len(samples) != 1:
            raise InputError(f"{path}: has {len(samples)} samples; the file of the two haplotypes has one")
        if not indexed:
            raise InputError(f"{path}: has no index; make one with: bcftools index {path}")

    def contig(self, name: str) -> ContigVariants:
        """Read the variants of a contig; none where the file does not know it.

        Raises
        ------
        InputError
            If a genotype is not a phased one of two called alleles.
        """
        text: str | list[str] = ""
        if name in self._contigs:
            # bcftools, as one Python object per record takes minutes for a whole genome.
            with pysam.VariantFile(self._path) as file:
                length = file.header.contigs[name].length or 2**31 - 2
            region = f"{{{name}}}:1-{length}" if ":" in name else name
            text = pysam.bcftools.query(
                "-f", "%POS\\t%REF\\t%ALT[\\t%GT]\\n", "-r", region, self._path, catch_stdout=True
            )
        if not text:
            empty = np.zeros(0, dtype=object)
            return ContigVariants(np.zeros(0, np.int64), empty, empty.copy(), np.zeros((0, 2), dtype=np.int8))
        table = pd.read_csv(
            io.StringIO(str(text)),
            sep="\t",
            header=None,
            names=["pos", "ref", "alt", "genotype"],
            dtype={"pos": "int64", "ref": "str", "alt": "str", "genotype": "category"},
            keep_default_na=False,
        )
        return _variants(table, f"{self._path}, {name}")


_GENOTYPES: Mapping[str, tuple[int, int]] = {"0|1": (0, 1), "1|0": (1, 0), "1|1": (1, 1), "0|0": (0, 0)}


def _variants(table: pd.DataFrame, source: str) -> ContigVariants:
    names = [str(name) for name in table["genotype"].cat.categories]
    codes = table["genotype"].cat.codes.to_numpy()
    unknown = np.isin(codes, [place for place, name in enumerate(names) if name not in _GENOTYPES])
    unknown |= table["alt"].str.contains(",", regex=False).to_numpy()
    if unknown.any():
        row = table.iloc[int(np.argmax(unknown))]
        raise InputError(
            f"{source}, position {row['pos']}: alleles {row['ref']},{row['alt']}, genotype {row['genotype']};"
            " two alleles and a phased A|B genotype are needed: build the genomes again"
        )
    carries = np.array([_GENOTYPES[name] for name in names], dtype=np.int8)[codes]
    start = table["pos"].to_numpy() - 1
    ref, alt = (table[name].str.upper().to_numpy(dtype=object) for name in ("ref", "alt"))
    variants = ContigVariants(start, ref, alt, carries)
    return variants.take(np.asarray(carries.any(axis=1)))
