"""Counts per region and haplotype against featureCounts and against brute force."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import Regions

CONTIGS = {"chr1": 30_000, "1": 20_000, "empty": 1_000}
CIGARS = ["50M", "50M", "20M1D30M", "10M40D40M", "25M3I22M", "5S45M", "20M200N30M", "45M5S", "12M90D6I32M"]
CLASSES = {1: 0, 2: 1, None: 2}


def make_regions(rng: np.random.Generator, width: int, gap: int = 0) -> pd.DataFrame:
    parts = []
    for contig, length in reversed(CONTIGS.items()):
        step = width + gap
        start = np.cumsum(rng.integers(step, step + 120, length // (step + 60)))
        start = start[start + width <= length] - width
        parts.append(pd.DataFrame({"chrom": contig, "start": start, "end": start + width}))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(name=[f"r{i}" for i in range(len(table))])


def as_regions(table: pd.DataFrame) -> Regions:
    columns = (table[column].to_numpy(dtype=np.int64) for column in ("start", "end"))
    return Regions(table["name"].tolist(), table["chrom"].tolist(), *columns)


def write_reads(path: Path, rng: np.random.Generator, kind: str) -> None:
    """Pairs; mates may overlap or (not `near`) lie on two contigs; of a third of the `torn` one is gone."""
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": [{"SN": c, "LN": n} for c, n in CONTIGS.items()]}
    )
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number in range(3_000):
            contig = int(rng.integers(2))
            start = int(rng.integers(0, 19_000))
            haplotype = (1, 2, None)[rng.integers(3)]
            mates = [make_read(header, f"f{number}", contig, start, rng, haplotype)]
            if kind != "single":
                second = start + int(rng.integers(0, 350))
                other = 1 - contig if number % 10 == 0 and kind != "near" else contig
                mates.append(make_read(header, f"f{number}", other, second, rng, haplotype))
                join(*mates)
            if kind == "torn" and number % 3 == 0:
                mates.pop(number % 2)
            for read in mates:
                file.write(read)
    pysam.sort("-o", str(path), str(path))
    pysam.index(str(path))


def make_read(
    header: pysam.AlignmentHeader,
    name: str,
    contig: int,
    start: int,
    rng: np.random.Generator,
    haplotype: int | None,
) -> pysam.AlignedSegment:
    read = pysam.AlignedSegment(header)
    read.query_name, read.reference_id, read.reference_start = name, contig, start
    read.mapping_quality, read.flag = 40, int(rng.choice([0, 16]))
    read.query_sequence = "A" * 50
    read.cigarstring = str(rng.choice(CIGARS))
    if haplotype:
        read.set_tag("HP", haplotype)
    return read


def join(first: pysam.AlignedSegment, second: pysam.AlignedSegment) -> None:
    first.flag, second.flag = 0x1 | 0x2 | 0x40 | 0x20, 0x1 | 0x2 | 0x80 | 0x10
    for read, mate in ((first, second), (second, first)):
        read.next_reference_id, read.next_reference_start = mate.reference_id, mate.reference_start
    if first.reference_id == second.reference_id:
        span = max(first.reference_end, second.reference_end) - first.reference_start
        first.template_length, second.template_length = span, -span


@pytest.fixture(scope="module", params=[("pairs", 60), ("single", 60), ("pairs", 251), ("torn", 60)])
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, pd.DataFrame, str]:
    kind, width = request.param
    rng = np.random.default_rng(width + len(kind))
    bam = tmp_path_factory.mktemp("reads") / "reads.bam"
    write_reads(bam, rng, kind)
    return bam, make_regions(rng, width), kind


def test_counts_equal_brute_force(case: tuple[Path, pd.DataFrame, str]) -> None:
    bam, regions, _ = case
    region_at = {
        (row.chrom, base): index
        for index, row in enumerate(regions.itertuples())
        for base in range(row.start, row.end)
    }
    seen: set[tuple[int, str, int]] = set()
    with pysam.AlignmentFile(str(bam)) as file:
        for read in file:
            kind = CLASSES[read.get_tag("HP") if read.has_tag("HP") else None]
            for base in read.get_reference_positions():
                if (read.reference_name, base) in region_at:
                    seen.add((region_at[read.reference_name, base], read.query_name, kind))
    expected = np.zeros((len(regions), 3), dtype=int)
    for region, _, kind in seen:
        expected[region, kind] += 1
    counts = count_fragments(bam, as_regions(regions))
    np.testing.assert_array_equal(counts, expected)
    assert (counts.sum(axis=0) > 500).all()


NEEDS_FEATURECOUNTS = pytest.mark.skipif(
    shutil.which("featureCounts") is None, reason="featureCounts (subread) is not installed"
)
# With -B both ends must be mapped; pairs whose other mate is not in the file then do not count at all.
PAIRS = ["-p", "--countReadPairs"]
OPTIONS = {"pairs": [*PAIRS, "-B"], "near": [*PAIRS, "-B"], "torn": PAIRS, "single": []}


def feature_counts(bam: Path, regions: pd.DataFrame, options: list[str], folder: Path) -> np.ndarray:
    """Counts of A, B and neither, (n, 3), each from a BAM of its own."""
    saf = regions.assign(start=regions["start"] + 1, strand="+")[["name", "chrom", "start", "end", "strand"]]
    saf.to_csv(folder / "r.saf", sep="\t", header=["GeneID", "Chr", "Start", "End", "Strand"], index=False)
    counts = np.zeros((len(regions), 3), dtype=np.int64)
    for haplotype, column in CLASSES.items():
        part = folder / f"{column}.bam"
        with (
            pysam.AlignmentFile(str(bam)) as source,
            pysam.AlignmentFile(str(part), "wb", template=source) as out,
        ):
            for read in source:
                if (read.get_tag("HP") if read.has_tag("HP") else None) == haplotype:
                    out.write(read)
        command = ["featureCounts", "-F", "SAF", *options, "-a", folder / "r.saf", "-o", folder / "out", part]
        subprocess.run(command, check=True, capture_output=True)
        theirs = pd.read_csv(folder / "out", sep="\t", comment="#")
        assert theirs["Geneid"].tolist() == regions["name"].tolist()
        counts[:, column] = theirs.iloc[:, -1]
    return counts


@NEEDS_FEATURECOUNTS
def test_counts_equal_featurecounts_of_each_class(
    case: tuple[Path, pd.DataFrame, str], tmp_path: Path
) -> None:
    """With -O: a fragment that covers two regions counts in both."""
    bam, regions, kind = case
    expected = feature_counts(bam, regions, ["-O", *OPTIONS[kind]], tmp_path)
    np.testing.assert_array_equal(count_fragments(bam, as_regions(regions)), expected)


@NEEDS_FEATURECOUNTS
@pytest.mark.parametrize("kind", ["near", "single"])
def test_counts_equal_featurecounts_without_overlaps_where_no_fragment_covers_two_regions(
    kind: str, tmp_path: Path
) -> None:
    """Without -O a fragment that covers two would be left out."""
    rng = np.random.default_rng(7)
    write_reads(tmp_path / "reads.bam", rng, kind)
    regions = make_regions(rng, 251, 700)
    expected = feature_counts(tmp_path / "reads.bam", regions, OPTIONS[kind], tmp_path)
    np.testing.assert_array_equal(count_fragments(tmp_path / "reads.bam", as_regions(regions)), expected)
    assert (expected.sum(axis=0) > 200).all()
