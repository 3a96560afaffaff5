"""Lift a GTF from the reference to a haplotype."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.annotation.gtf import (
    ATTRIBUTES,
    CONTIG,
    END,
    FEATURE,
    START,
    Features,
    read_gtf,
    transcript_of,
)
from deepallele.errors import InputError
from deepallele.files import atomic_path, write_json
from deepallele.genome.haplotype_map import HaplotypeMap


@dataclass
class _Counts:
    features: int = 0
    lifted: int = 0
    exons: int = 0
    changed: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    vanished: Counter[str] = field(default_factory=Counter)
    transcripts: set[str] = field(default_factory=set)

    def as_dict(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "features_lifted": self.lifted,
            "features_of_other_length": self.changed,
            "features_on_unknown_contigs": dict(self.elsewhere),
            "features_vanished": dict(self.vanished),
            "transcripts_with_vanished_features": sorted(self.transcripts),
        }


def lift_intervals(
    coordinates: HaplotypeMap, contig: str, start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Lift intervals of one contig from the reference to the haplotype.

    Parameters
    ----------
    coordinates
        Map between the reference and the haplotype.
    contig
        Name of the contig.
    start, end
        int64 (n,): 0-based half-open on the reference, none empty.

    Returns
    -------
    start, end : ndarray of int64, shape (n,)
        On the haplotype: from the first to the last base of the interval that exists there. So bases
        inserted at a border belong to what lies outside, and a deletion over a border shortens the interval.
    exists : ndarray of bool, shape (n,)
        Whether any base of the interval exists; start and end mean nothing otherwise.
    """
    # A block before the contig stands for "no base": its last base is -1.
    blocks = np.concatenate([[[-1, -1, 1]], coordinates.blocks(contig)])
    first, _ = coordinates.to_haplotype(contig, start)
    block = blocks[np.searchsorted(blocks[:, 0], end - 1, side="right") - 1]
    last = block[:, 1] + np.minimum(end - 1 - block[:, 0], block[:, 2] - 1)
    return first, last + 1, last >= first


def lift_gtf(gtf: str | Path, coordinates: HaplotypeMap, out: str | Path, summary: str | Path) -> dict:
    """Write a GTF in the coordinates of a haplotype; rows keep their order, comments are left out.

    Parameters
    ----------
    gtf
        GTF on the reference, plain or gzip.
    coordinates
        Map between the reference and the haplotype.
    out
        GTF to write. Intervals are lifted as `lift_intervals` says; the other columns are copied.
    summary
        JSON to write: numbers of features (rows), by contig where the genome lacks it, and by kind where no
        base of them exists; identifiers of the transcripts that lost a feature in this way.

    Returns
    -------
    dict
        What the summary says.

    Raises
    ------
    InputError
        As `read_gtf`; if a feature ends behind its contig, or no exon is left.
    """
    counts = _Counts()
    with atomic_path(out) as temporary, temporary.open("w", newline="\n") as file:
        for features in read_gtf(gtf):
            file.writelines(_lift(features, coordinates, counts, gtf))
        if not counts.exons:
            raise InputError(
                f"{gtf}: no exon on a contig of the genome ({_some(coordinates.contigs)} against"
                f" {_some(counts.elsewhere)}); is it a GTF of the same assembly, with the same contig names?"
            )
    report = counts.as_dict()
    write_json(report, summary)
    return report


def _lift(features: Features, coordinates: HaplotypeMap, counts: _Counts, gtf: str | Path) -> list[str]:
    number = len(features.line)
    start, end = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    exists = np.zeros(number, dtype=bool)
    names, owner = np.unique([row[CONTIG] for row in features.fields], return_inverse=True)
    known = np.isin(names, coordinates.contigs)
    for index in np.flatnonzero(known):
        rows = np.flatnonzero(owner == index)
        _check_ends(features, rows, str(names[index]), coordinates, gtf)
        lifted = lift_intervals(coordinates, str(names[index]), features.start[rows], features.end[rows])
        start[rows], end[rows], exists[rows] = lifted
    counts.features += number
    counts.lifted += int(exists.sum())
    counts.changed += int((exists & (end - start != features.end - features.start)).sum())
    counts.elsewhere.update(features.fields[index][CONTIG] for index in np.flatnonzero(~known[owner]))
    for index in np.flatnonzero(known[owner] & ~exists):
        row = features.fields[index]
        counts.vanished[row[FEATURE]] += 1
        if transcript := transcript_of(row[ATTRIBUTES]):
            counts.transcripts.add(transcript)
    lines = []
    for index in np.flatnonzero(exists):
        row = features.fields[index]
        counts.exons += row[FEATURE] == "exon"
        new = [*row[:START], str(start[index] + 1), str(end[index]), *row[END + 1 :]]
        lines.append("\t".join(new) + "\n")
    return lines


def _check_ends(
    features: Features, rows: NDArray[np.int64], contig: str, coordinates: HaplotypeMap, gtf: str | Path
) -> None:
    length = coordinates.reference_length(contig)
    wrong = rows[features.end[rows] > length]
    if len(wrong):
        raise InputError(
            f"{gtf}, line {features.line[wrong[0]]}: end {features.end[wrong[0]]} is behind the end of contig"
            f" '{contig}', which has {length} bases; is the GTF of the same assembly?"
        )


def _some(names: list[str] | Counter[str], most: int = 3) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:most]) + (", ..." if len(ordered) > most else "") if ordered else "none"
