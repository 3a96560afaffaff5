"""Fragments per gene and haplotype, counted by featureCounts."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from deepallele.errors import InputError

CLASSES = ("a", "b", "ambiguous")
_NOT_COUNTED = {
    "Unassigned_Ambiguity": "several_genes",
    "Unassigned_NoFeatures": "no_gene",
    "Unassigned_Duplicate": "duplicates",
}
_LEFT_OUT_OTHERWISE = "other"


def count_genes(
    bam: str | Path, saf: str | Path, genes: pd.Series, strandness: int, threads: int = 1
) -> tuple[NDArray[np.int64], dict[str, dict[str, int]]]:
    """Count each fragment once in the gene whose exons it overlaps.

    A fragment is a read pair, or a single-end read. featureCounts (Liao, Smyth and Shi 2014) counts the
    reads of each class by themselves, with its rules: one aligned base in an exon is enough; bases that a
    splice skips are none; of several genes the one that both mates overlap is taken, else the fragment is
    not counted. Whether a read is placed uniquely was judged before, when it was assigned.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM, reference coordinates; tag HP 1 (A) or 2 (B) on informative reads.
    saf
        Exons of the genes.
    genes
        gene_id of each gene, in the order wanted.
    strandness
        0: either strand counts; 1: the strand of mate 1 is that of the gene; 2: that of mate 2 is.
    threads
        Threads to use.

    Returns
    -------
    counts : NDArray[np.int64]
        Shape (genes, 3): fragments of A, of B, ambiguous.
    summary : dict
        For each class the number of fragments that were counted, and of those that were not: that overlap
        `several_genes`, `no_gene`, are flagged as `duplicates`, or `other`.

    Raises
    ------
    InputError
        If featureCounts fails, an HP tag is neither 1 nor 2, or the SAF has other genes.
    """
    counts = np.zeros((len(genes), len(CLASSES)), dtype=np.int64)
    summary = {}
    with tempfile.TemporaryDirectory() as folder:
        parts = split_classes(bam, Path(folder), threads)
        for column, (name, part) in enumerate(zip(CLASSES, parts, strict=True)):
            table = Path(folder) / f"{name}.tsv"
            _feature_counts(part, saf, table, strandness, threads, str(bam))
            counts[:, column] = _read(table, genes, saf)
            summary[name] = _read_summary(table)
            part.unlink()
    return counts, summary


def status_table(summary: dict[str, dict[str, int]], names: tuple[str, str, str]) -> str:
    """Write a summary of `count_genes` as featureCounts writes its own, one column per class.

    Parameters
    ----------
    summary
        As from `count_genes`.
    names
        What A, B and ambiguous are called.
    """
    words = {"Assigned": "counted", **_NOT_COUNTED, "Unassigned_Other": _LEFT_OUT_OTHERWISE}
    lines = ["\t".join(["Status", *names])]
    for status, word in words.items():
        lines.append("\t".join([status, *(str(summary[name][word]) for name in CLASSES)]))
    return "\n".join(lines) + "\n"


def split_classes(bam: str | Path, folder: Path, threads: int = 1) -> list[Path]:
    """Write the reads with HP 1, with HP 2 and without HP to BAMs in a folder; give their paths.

    Raises
    ------
    InputError
        If a read has another HP.
    """
    parts = [folder / f"{name}.bam" for name in CLASSES]
    tagged, others = folder / "tagged.bam", folder / "others.bam"
    steps = (
        ("HP", bam, tagged, parts[2]),
        ("HP:1", tagged, parts[0], others),
        ("HP:2", others, parts[1], tagged),
    )
    for tag, source, chosen, rest in steps:
        options = ["--no-PG", "--output-fmt", "bam,level=1", "--threads", str(threads - 1), "--tag", tag]
        options += ["--output", str(chosen), "--unoutput", str(rest), str(source)]
        pysam.samtools.view(*options, catch_stdout=False)
    with pysam.AlignmentFile(str(tagged), check_sq=False) as file:
        if read := next(iter(file), None):
            raise InputError(
                f"{bam}: read {read.query_name}: HP tag {read.get_tag('HP')}; only 1 and 2 are known"
            )
    tagged.unlink()
    others.unlink()
    return parts


def _feature_counts(
    part: Path, saf: str | Path, table: Path, strandness: int, threads: int, source: str
) -> None:
    command = ["featureCounts", "-F", "SAF", "-s", str(strandness), "-T", str(threads), "--ignoreDup"]
    command += ["--tmpDir", str(table.parent), "-a", str(saf), "-o", str(table), str(part)]
    if _is_paired(part):
        command[1:1] = ["-p", "--countReadPairs"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        lines = [line for line in (run.stdout + run.stderr).splitlines() if "error" in line.lower()]
        raise InputError(
            f"{source}: featureCounts failed: {lines[0].strip() if lines else run.stderr[-200:]}"
        )


def _is_paired(bam: Path) -> bool:
    with pysam.AlignmentFile(str(bam)) as file:
        return any(read.is_paired for read in file.head(1))


def _read(table: Path, genes: pd.Series, saf: str | Path) -> NDArray[np.int64]:
    found = pd.read_csv(table, sep="\t", comment=None, skiprows=1, dtype={0: str}, na_filter=False, quoting=3)
    counted = pd.Series(found.iloc[:, -1].to_numpy(dtype=np.int64), index=found.iloc[:, 0])
    if len(counted) != len(genes) or not genes.isin(counted.index).all():
        raise InputError(f"{saf}: {len(counted)} genes, but the table has {len(genes)}; make both again")
    return counted.loc[genes].to_numpy()


def _read_summary(table: Path) -> dict[str, int]:
    column = pd.read_csv(f"{table}.summary", sep="\t", index_col=0).iloc[:, 0]
    rows = {str(key): int(value) for key, value in column.items()}
    summary = {"counted": rows.pop("Assigned")}
    summary |= {word: rows.pop(key) for key, word in _NOT_COUNTED.items()}
    return summary | {_LEFT_OUT_OTHERWISE: sum(rows.values())}
