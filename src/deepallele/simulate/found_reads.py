"""Were read pairs given to the right haplotype? Tagged BAM files against the truth of the simulator."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.files import read_table

READ_COLUMNS = ["read", "sample", "haplotype", "chrom", "start", "end", "n_variants"]
# What makes a fragment; the truth of single-cell assays alone has barcodes.
_FRAGMENT = ["sample", "barcode", "haplotype", "chrom", "start", "end"]


class Assignment(NamedTuple):
    """How well pairs were assigned; a share is NaN where nothing could be counted."""

    precision: float
    recall: float
    bias: float


def read_tags(path: Path) -> tuple[list[str], NDArray[np.int8]]:
    """Names and HP tags (1 or 2) of the tagged pairs of a BAM; a pair is counted by its first mate."""
    names, tags = [], []
    with pysam.AlignmentFile(str(path), "rb") as bam:
        for read in bam:
            if (read.is_read1 or not read.is_paired) and read.has_tag("HP"):
                names.append(read.query_name or "")
                tags.append(read.get_tag("HP"))
    return names, np.array(tags, dtype=np.int8)


def inside(table: pd.DataFrame, bed: Path) -> NDArray[np.bool_]:
    """Which rows (chrom, start, end) overlap an interval of a BED file by at least one base."""
    overlaps = np.zeros(len(table), dtype=bool)
    if not bed.is_file() or bed.stat().st_size == 0:
        return overlaps
    intervals = pd.read_csv(bed, sep="\t", header=None, usecols=[0, 1, 2], names=["chrom", "start", "end"])
    for row in intervals.itertuples():
        overlaps |= (
            (table["chrom"] == row.chrom) & (table["start"] < row.end) & (table["end"] > row.start)
        ).to_numpy()
    return overlaps


def assess_assignment(
    truth_reads: Path, blacklist: Path, bam_folder: Path, haplotypes: Sequence[str], exclude: Sequence[str]
) -> Assignment:
    """Compare the HP tags of `bam_folder`/{sample}.bam with the truth.

    Precision: share of the tagged pairs whose tag is the true haplotype.
    Recall: of the distinct true fragments (sample, barcode if there are any, haplotype, chrom, start, end;
    copies are one, because duplicates are removed) whose bases tell at least one variant and that lie outside
    the blacklist and the excluded contigs, the share with a pair that is tagged right. Pairs lost to any
    filter count as missed.
    Bias: |A/(A+B) of the tagged pairs - A/(A+B) of those distinct true fragments|.

    Parameters
    ----------
    truth_reads
        Table of the simulator, one row per pair.
    blacklist
        BED file.
    bam_folder
        Folder with one BAM per sample of the truth.
    haplotypes
        Names of HP 1 and HP 2.
    exclude
        Contigs that are not counted.

    Raises
    ------
    InputError
        If a haplotype name is not one of the truth, or a BAM holds a read the truth does not know.
    """
    truth = read_table(truth_reads, READ_COLUMNS)
    known = set(truth["haplotype"])
    for name in haplotypes:
        if name not in known:
            raise InputError(f"{truth_reads}: no haplotype {name!r}; it has {', '.join(sorted(known))}")
    same = [column for column in _FRAGMENT if column in truth]
    truth["fragment"] = truth.groupby(same, sort=False).ngroup()
    wanted = (truth["n_variants"] > 0) & ~truth["chrom"].isin(list(exclude)) & ~inside(truth, blacklist)
    rows, tags = [], []
    for sample, part in truth.groupby("sample", sort=True):
        names, tag = read_tags(bam_folder / f"{sample}.bam")
        place = pd.Index(part["read"]).get_indexer(pd.Index(names, dtype=object))
        if (place < 0).any():
            stranger = names[int(np.argmax(place < 0))]
            raise InputError(f"{bam_folder / f'{sample}.bam'}: read {stranger!r} is not in {truth_reads}")
        rows.append(part.index.to_numpy()[place])
        tags.append(tag)
    row, tag = np.concatenate(rows), np.concatenate(tags)
    right = truth["haplotype"].to_numpy()[row] == np.array(haplotypes, dtype=object)[tag - 1]
    fragment = truth["fragment"].to_numpy()
    whole = truth[wanted].drop_duplicates("fragment")
    found = np.isin(whole["fragment"].to_numpy(), fragment[row[right]])
    share_found = _mean(tag == 1)
    share_true = _mean((whole["haplotype"] == haplotypes[0]).to_numpy())
    return Assignment(_mean(right), _mean(found), abs(share_found - share_true))


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
