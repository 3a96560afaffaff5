"""Fragment files: bgzip-compressed, indexed tables of chrom, start, end, barcode, reads."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.fields import numbers_of_tag
from deepallele.allele.names import hash_names
from deepallele.allele.split import second_half
from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.quality.fragments import AMBIGUOUS, A, B
from deepallele.single_cell.barcodes import NO_BARCODE, UNKNOWN, BarcodeIndex
from deepallele.single_cell.fragment_lines import ROW, LineWriter
from deepallele.single_cell.fragments import FragmentReader, Fragments

COPIES_TAG = "dc"


@dataclass(frozen=True)
class FragmentPaths:
    """Where fragments go; pairs are in the order A, B, and beside each file goes its index (.tbi).

    Attributes
    ----------
    haplotypes
        Informative fragments of each haplotype.
    ambiguous
        Ambiguous fragments.
    split
        Informative fragments of each haplotype and half of the ambiguous ones.
    """

    haplotypes: tuple[Path, Path]
    ambiguous: Path
    split: tuple[Path, Path]

    @property
    def all(self) -> list[Path]:
        """All files: A, B, ambiguous, split A, split B."""
        return [*self.haplotypes, self.ambiguous, *self.split]


@dataclass
class FragmentCounts:
    """Numbers of fragments: written as A, B and ambiguous ones, and left out for a reason."""

    fragments_a: int = 0
    fragments_b: int = 0
    fragments_ambiguous: int = 0
    without_barcode: int = 0
    outside_whitelist: int = 0
    too_short: int = 0
    mates_missing: int = 0


def write_fragments(
    reader: FragmentReader,
    index: BarcodeIndex,
    paths: FragmentPaths,
    haplotypes: tuple[str, str],
    hemizygous: Sequence[str] = (),
) -> FragmentCounts:
    """Write the fragments of a sample, sorted by place and barcode.

    The last column is the number of read pairs that were duplicates of each other, as the BAM's tag dc says;
    1 where there is none. Which half an ambiguous fragment belongs to is decided as for the split BAMs, by a
    hash of its read's name and the haplotypes' names, see `deepallele.allele.split`. It has no seed.

    Parameters
    ----------
    reader
        The fragments; tag CB holds the barcode.
    index
        Numbers of the barcodes; fragments of unknown ones are left out.
    paths
        Files to write.
    haplotypes
        Names of A and B.
    hemizygous
        Contigs of which the sample has one copy: their fragments are not split.

    Raises
    ------
    InputError
        As `FragmentReader`, or if no fragment has a barcode.
    """
    counts = FragmentCounts()
    with ExitStack() as stack:
        temporary = [stack.enter_context(atomic_path(path)) for path in paths.all]
        indices = [stack.enter_context(atomic_path(f"{path}.tbi")) for path in paths.all]
        writers = [stack.enter_context(LineWriter(path, reader.contigs, index)) for path in temporary]
        for fragments in reader:
            rows = _rows(fragments, index, haplotypes, counts)
            whole = reader.contigs[fragments.tid] not in hemizygous
            for writer, chosen in zip(writers, _shares(rows, whole), strict=True):
                writer.add(fragments.tid, rows[chosen], fragments.behind)
        for writer, path, place in zip(writers, temporary, indices, strict=True):
            writer.close()
            pysam.tabix_index(str(path), preset="bed", index=str(place), force=True)
        counts.too_short, counts.mates_missing = reader.too_short, reader.mates_missing
        if not counts.fragments_a + counts.fragments_b + counts.fragments_ambiguous:
            raise InputError(
                f"{counts.without_barcode} fragments have no barcode, {counts.outside_whitelist} one that the"
                " whitelist lacks, and there are no others; is it the whitelist of this kit?"
            )
    return counts


def _rows(
    fragments: Fragments, index: BarcodeIndex, haplotypes: tuple[str, str], counts: FragmentCounts
) -> NDArray[np.void]:
    """What is to be written of the fragments whose barcode has a number; counts all of them."""
    barcode = index.numbers(fragments.records, fragments.record)
    counts.without_barcode += int((barcode == NO_BARCODE).sum())
    counts.outside_whitelist += int((barcode == UNKNOWN).sum())
    kept = np.flatnonzero(barcode >= 0)
    records = Records(fragments.records.data, fragments.records.start[fragments.record[kept]])
    rows = np.zeros(len(kept), dtype=ROW)
    rows["start"], rows["end"] = fragments.start[kept], fragments.end[kept]
    rows["barcode"], rows["kind"] = barcode[kept], fragments.kind[kept]
    copies, known = numbers_of_tag(records, np.arange(len(kept)), COPIES_TAG)
    rows["copies"] = np.where(known, copies, 1)
    words = -(-int(records.fixed["name_length"].max(initial=1)) // 8)
    rows["second"] = second_half(hash_names(records.name_words(words)), haplotypes)
    counts.fragments_a += int((rows["kind"] == A).sum())
    counts.fragments_b += int((rows["kind"] == B).sum())
    counts.fragments_ambiguous += int((rows["kind"] == AMBIGUOUS).sum())
    return rows


def _shares(rows: NDArray[np.void], split: bool) -> list[NDArray[np.bool_]]:
    """Which rows go to each file, in the order of `FragmentPaths.all`; halves only if `split`."""
    a, b, ambiguous = (rows["kind"] == kind for kind in (A, B, AMBIGUOUS))
    return [
        a,
        b,
        ambiguous,
        a | (ambiguous & split & ~rows["second"]),
        b | (ambiguous & split & rows["second"]),
    ]
