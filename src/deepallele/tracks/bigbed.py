"""Regions as bigBed, which the UCSC Genome Browser wants of a hub."""

from pathlib import Path

import numpy as np
from Bio.Align import Alignment, Alignments, bigbed
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from deepallele.files import atomic_path

# What the format allows.
_BEST = 1000
COLUMNS = 5


def write_bigbed(bed: Path, lengths: dict[str, int], out: Path) -> int:
    """Write chrom, start, end, name and score of a BED's features, with Biopython's bigBed writer.

    Scores are cut to whole numbers from 0 to 1000. Genome-wide sets of regions are small enough for memory.

    Parameters
    ----------
    bed
        BED of five columns or more, in any order, not empty.
    lengths
        Length of each contig (bp).
    out
        bigBed to write.

    Returns
    -------
    int
        Number of features.
    """
    rows = [line.split("\t") for line in bed.read_text().splitlines()]
    # The order that the format asks for: contigs by name.
    rows.sort(key=lambda row: (row[0], int(row[1]), int(row[2])))
    targets = {name: SeqRecord(Seq(None, lengths[name]), id=name) for name in {row[0] for row in rows}}
    features = Alignments([_feature(row, targets) for row in rows])
    contigs = [targets[name] for name in sorted(targets)]
    with atomic_path(out) as temporary:
        bigbed.AlignmentWriter(str(temporary), bedN=COLUMNS, targets=contigs).write(features)
    return len(rows)


def _feature(row: list[str], targets: dict[str, SeqRecord]) -> Alignment:
    start, end = int(row[1]), int(row[2])
    query = SeqRecord(Seq(None, end - start), id=row[3])
    feature = Alignment([targets[row[0]], query], np.array([[start, end], [0, end - start]]))
    score = int(min(max(float(row[4]), 0), _BEST))
    feature.score = score  # type: ignore[attr-defined]
    return feature
