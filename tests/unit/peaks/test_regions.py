"""Regions files and the user's own BED files."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from deepallele.errors import InputError
from deepallele.peaks.regions import (
    read_own_regions,
    read_peaks,
    read_regions,
    rows_by_contig,
    write_regions,
)

REGIONS = pd.DataFrame(
    {
        "chrom": ["1", "1", "HLA-A*01:01"],
        "start": [0, 10, 5],
        "end": [10, 20, 15],
        "name": ["a", "b", "NA"],
        "score": [1.5, 2, 1234567.0],
        "summit": [5, 15, 10],
    }
)


def test_round_trip_keeps_names_as_text(tmp_path: Path) -> None:
    write_regions(REGIONS, tmp_path / "r.bed")
    assert (tmp_path / "r.bed").read_text().splitlines()[0] == "1\t0\t10\ta\t1.5\t.\t5"
    read = read_regions(tmp_path / "r.bed")
    assert read["chrom"].tolist() == ["1", "1", "HLA-A*01:01"]
    assert read["name"].tolist() == ["a", "b", "NA"]
    assert read[["start", "end", "summit"]].equals(REGIONS[["start", "end", "summit"]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0, 9, 5]}, "region b is unsorted or overlaps"),
        ({"name": ["a", "b", "a"]}, "'a' appears twice"),
    ],
)
def test_regions_must_be_disjoint_and_named(tmp_path: Path, change: dict[str, list], message: str) -> None:
    write_regions(REGIONS.assign(**change), tmp_path / "r.bed")
    with pytest.raises(InputError, match=message):
        read_regions(tmp_path / "r.bed")


def test_empty_regions_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.bed").write_text("")
    with pytest.raises(InputError, match="no region in the file"):
        read_regions(tmp_path / "r.bed")


@pytest.mark.parametrize(
    ("line", "summit", "score"),
    [
        ("1\t10\t20", 15, 0.0),
        ("1\t10\t20\tx", 15, 0.0),
        ("1\t10\t21\tx\t7", 15, 7.0),
        ("1\t10\t21\tx\t.\t+", 15, 0.0),
        ("1\t10\t20\tx\t700\t.\t3.5\t12.25\t9.5\t2", 12, 12.25),
        ("1\t10\t20\tx\t700\t.\t3.5\t-1\t-1\t-1", 15, 700.0),
    ],
)
def test_summit_and_score_of_each_format(tmp_path: Path, line: str, summit: int, score: float) -> None:
    (tmp_path / "p.bed").write_text(f"track name=x\n# note\n{line}\n")
    peaks = read_peaks(tmp_path / "p.bed")
    assert peaks[["chrom", "start", "summit", "score"]].to_numpy().tolist() == [["1", 10, summit, score]]
    with gzip.open(tmp_path / "p.bed.gz", "wt") as file:
        file.write(f"track name=x\n{line}\n")
    assert read_peaks(tmp_path / "p.bed.gz").equals(peaks)


def test_empty_file_has_no_peaks(tmp_path: Path) -> None:
    (tmp_path / "p.bed").write_text("")
    peaks = read_peaks(tmp_path / "p.bed")
    assert len(peaks) == 0
    assert list(peaks.columns) == ["chrom", "start", "end", "summit", "score"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 10 20\n", "separated by tabs"),
        ("1\tx\t20\n", "column 2 holds 'x'"),
        ("1\t20\t20\n", "start must be below"),
        ("1\t30\t20\n", "1:30-20: start must be below"),
    ],
)
def test_bad_lines_are_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.bed").write_text(text)
    with pytest.raises(InputError, match=message):
        read_peaks(tmp_path / "p.bed")


def test_rows_by_contig() -> None:
    rows = rows_by_contig(pd.Series(["2", "1", "2"]))
    assert {contig: part.tolist() for contig, part in rows.items()} == {"2": [0, 2], "1": [1]}
    assert rows_by_contig(pd.Series([], dtype=object)) == {}


def test_a_hash_inside_a_line_is_part_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "p.bed").write_text("# note\nHG2#1#chr1\t10\t30\tpeak#1\t7\n")
    table = read_peaks(tmp_path / "p.bed")
    assert table[["chrom", "start", "end", "score"]].to_numpy().tolist() == [["HG2#1#chr1", 10, 30, 7.0]]


def test_a_broad_peak_has_its_p_value_and_no_summit(tmp_path: Path) -> None:
    line = "1\t10\t21\tx\t700\t.\t3.5\t12.25\t9.5\n"
    for name, score in (("p.broadPeak", 12.25), ("p.bed", 700.0)):
        (tmp_path / name).write_text(line)
        peaks = read_peaks(tmp_path / name)
        assert peaks[["summit", "score"]].to_numpy().tolist() == [[15, score]]


def test_own_regions_of_each_format(tmp_path: Path) -> None:
    (tmp_path / "own.bed").write_text("track x\n1\t10\t20\ta\t5\n1\t30\t41\tb\t6\n")
    (tmp_path / "own.saf").write_text("GeneID\tChr\tStart\tEnd\tStrand\na\t1\t11\t20\t+\nb\t1\t31\t41\t.\n")
    (tmp_path / "own.narrowPeak").write_text("1\t10\t20\tx\t700\t.\t3.5\t12.25\t9.5\t2\n")
    bed, saf = read_own_regions(tmp_path / "own.bed"), read_own_regions(tmp_path / "own.saf")
    assert bed[["start", "end", "summit"]].to_numpy().tolist() == [[10, 20, 15], [30, 41, 35]]
    assert bed["score"].tolist() == [5.0, 6.0]
    assert saf.drop(columns="score").equals(bed.drop(columns="score"))
    assert saf["score"].tolist() == [0.0, 0.0]
    assert read_own_regions(tmp_path / "own.narrowPeak")["summit"].tolist() == [12]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.bed", "1\t10\t20\ta\n1\t30\t40\tb\n2\t50\t60\ta\n"),
        ("own.saf", "GeneID\tChr\tStart\tEnd\tStrand\na\t1\t1\t9\t+\nb\t1\t1\t9\t+\na\t2\t1\t9\t+\n"),
    ],
)
def test_a_region_name_given_twice_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=rf"{name}: region name 'a' appears twice \(regions 1 and 3\)"):
        read_own_regions(tmp_path / name)
    (tmp_path / name).write_text(text.replace("a\t", ".\t").replace("\ta\n", "\t.\n"))
    assert len(read_own_regions(tmp_path / name)) == 3
