"""Stretches that an index gives, against what pysam and samtools read through the same index."""

import subprocess
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.allele.bam_index import Stretch, read_index

CONTIGS = {"chr1": 400_000, "empty": 1_000, "one read": 2_000, "chr2": 90_000, "two reads": 9_000, "last": 9}
READS = {"chr1": 6_000, "one read": 1, "chr2": 900, "two reads": 2}
# Beyond 2^29 bases CSI has another depth, and BAI is not possible.
GIANT = {"giant": 3_000_000_000 // 2, **CONTIGS}


def write_bam(path: Path, lengths: dict[str, int]) -> Path:
    """Reads of random sequence, so that contigs cover many blocks; some without a place at the end."""
    rng = np.random.default_rng(5)
    names = list(lengths)
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": c, "LN": n} for c, n in lengths.items()]}
    )
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for contig in names:
            starts = np.sort(rng.integers(0, lengths[contig] - 100 or 1, READS.get(contig, 0)))
            for number, start in enumerate(starts.tolist()):
                read = make_read(header, f"{contig}:{number}", rng)
                read.reference_id, read.reference_start = names.index(contig), start
                if number % 10 == 1:
                    # The SAM specification advises to put an unmapped read at its mate's place.
                    read.flag, read.cigarstring = 0x4, None
                file.write(read)
        for number in range(20):
            read = make_read(header, f"nowhere:{number}", rng)
            read.flag, read.cigarstring = 0x4, None
            file.write(read)
    return path


def make_read(header: pysam.AlignmentHeader, name: str, rng: np.random.Generator) -> pysam.AlignedSegment:
    read = pysam.AlignedSegment(header)
    read.query_name, read.cigarstring = name.replace(" ", "_"), "100M"
    read.query_sequence = "".join(rng.choice(list("ACGT"), 100))
    read.query_qualities = pysam.qualitystring_to_array("".join(map(chr, rng.integers(33, 74, 100))))
    return read


@pytest.fixture(scope="module", params=["bai", "csi", "csi of a long contig", "csi of small bins"])
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, list[Stretch | None]]:
    kind = request.param
    bam = tmp_path_factory.mktemp("index") / "reads.bam"
    lengths = GIANT if "long" in kind else CONTIGS
    write_bam(bam, lengths)
    options = ["-b"] if kind == "bai" else ["-c", "-m", "8" if "small" in kind else "14"]
    index = Path(f"{bam}.{kind[:3]}")
    subprocess.run(["samtools", "index", *options, "-o", index, bam], check=True)
    return bam, index, read_index(index, len(lengths))


def test_first_records_are_those_that_pysam_fetches(case: tuple[Path, Path, list[Stretch | None]]) -> None:
    bam, index, stretches = case
    compared = 0
    with pysam.AlignmentFile(str(bam), index_filename=str(index)) as file:
        for contig, stretch in zip(file.references, stretches, strict=True):
            expected = next(file.fetch(contig), None)
            assert (expected is None) == (stretch is None)
            if stretch is not None:
                file.seek(stretch.begin)
                assert next(file).to_string() == expected.to_string()
                compared += 1
    assert compared == len(READS)


def test_stretches_end_behind_the_last_record(case: tuple[Path, Path, list[Stretch | None]]) -> None:
    bam, _, stretches = case
    with pysam.AlignmentFile(str(bam)) as file:
        for contig, stretch in zip(file.references, stretches, strict=True):
            if stretch is None:
                continue
            file.seek(stretch.begin)
            records = [next(file) for _ in range(stretch.records)]
            assert {record.reference_name for record in records} == {contig}
            file.seek(stretch.end)
            assert next(file).reference_name != contig
        # Blocks of the file are of at most 64 KiB.
        assert stretches[file.references.index("chr1")].end >> 16 > 5 << 16


def test_numbers_of_records_are_those_of_samtools(case: tuple[Path, Path, list[Stretch | None]]) -> None:
    bam, index, stretches = case
    command = ["samtools", "idxstats", "-X", bam, index]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode:
        # idxstats of old versions takes no -X but finds the one index beside the BAM.
        run = subprocess.run([*command[:2], bam], check=True, capture_output=True, text=True)
    rows = [line.split("\t") for line in run.stdout.splitlines()][:-1]
    found = [0 if stretch is None else stretch.records for stretch in stretches]
    assert found == [int(mapped) + int(unmapped) for *_, mapped, unmapped in rows]
    assert sum(found) == sum(READS.values())
