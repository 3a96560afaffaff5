"""One list of new junctions: support, strand, places on both haplotypes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deepallele.annotation.junctions import merge_junctions, read_junctions
from deepallele.errors import InputError
from deepallele.genome.haplotype_map import HaplotypeMap

SRC = Path(__file__).parents[3] / "src"
# A is the reference but for ten bases inserted before reference base 100; B lacks reference bases 200 to 229.
CHAINS = {
    "A": "chain 9 c 1000 + 0 1000 c 1010 + 0 1010 1\n100 0 10\n900\n\n",
    "B": "chain 9 c 1000 + 0 1000 c 970 + 0 970 1\n200 30 0\n770\n\n",
}


@pytest.fixture
def chains(tmp_path):
    for name, text in CHAINS.items():
        (tmp_path / f"{name}.chain").write_text(text)
    return [tmp_path / f"{name}.chain" for name in CHAINS]


def write(path, *rows):
    """Rows are (first, last, strand, annotated, unique reads), as STAR counts from 1."""
    path.write_text("".join(f"c\t{a}\t{b}\t{s}\t1\t{known}\t{n}\t4\t30\n" for a, b, s, known, n in rows))
    return path


def merge(tmp_path, chains, found, min_reads=3):
    out = [tmp_path / "out A.tab", tmp_path / "out B.tab"]
    maps = [HaplotypeMap.from_chain(chain) for chain in chains]
    report = merge_junctions(found, maps, min_reads, out, tmp_path / "new.tsv", tmp_path / "new.json")
    return report, [path.read_text() for path in out], (tmp_path / "new.tsv").read_text()


def test_both_haplotypes_get_what_either_shows(tmp_path, chains):
    # On the reference: 300 to 400 (0-based half-open), 500 to 600.
    a = write(tmp_path / "a", (311, 410, 1, 0, 2), (511, 610, 0, 0, 1), (711, 810, 1, 1, 99))
    b = write(tmp_path / "b", (271, 370, 1, 0, 3), (471, 570, 2, 0, 9))
    report, lists, table = merge(tmp_path, chains, [[a], [b]])
    assert lists == ["c\t311\t410\t+\nc\t511\t610\t-\n", "c\t271\t370\t+\nc\t471\t570\t-\n"]
    assert table.splitlines() == [
        "contig\tstart\tend\tstrand\treads",
        "c\t300\t400\t+\t3",
        "c\t500\t600\t-\t9",
    ]
    assert report["junctions_listed"] == 2


def test_a_read_aligned_to_both_haplotypes_counts_once(tmp_path, chains):
    one = [write(tmp_path / "a1", (311, 410, 1, 0, 2)), write(tmp_path / "a2", (311, 410, 1, 0, 1))]
    two = [write(tmp_path / "b1", (271, 370, 1, 0, 2)), write(tmp_path / "b2")]
    report, lists, _ = merge(tmp_path, chains, [one, two], min_reads=4)
    assert lists == ["", ""]
    assert report["junctions_of_few_reads"] == report["junctions"] == 1
    assert merge(tmp_path, chains, [one, two], min_reads=3)[0]["junctions_listed"] == 1


def test_the_strand_that_most_reads_tell_is_listed(tmp_path, chains):
    a = write(tmp_path / "a", (311, 410, 1, 0, 3), (511, 610, 1, 0, 3), (711, 810, 0, 0, 3))
    b = write(tmp_path / "b", (271, 370, 2, 0, 4), (471, 570, 2, 0, 3))
    _, lists, _ = merge(tmp_path, chains, [[a], [b]])
    assert [line.split("\t")[3] for line in lists[0].splitlines()] == ["-", ".", "."]


def test_what_does_not_exist_on_both_haplotypes_is_left_out_and_counted(tmp_path, chains):
    a = write(
        tmp_path / "a",
        (106, 300, 1, 0, 5),  # the base before the intron is inserted: no place on the reference
        (191, 220, 1, 0, 5),  # reference 180 to 210: the base behind it is missing on B
        (211, 240, 1, 0, 5),  # reference 200 to 230: the deletion of B itself
        (151, 245, 1, 0, 5),  # reference 140 to 235: of 95 bases 65 are left
        (201, 245, 1, 0, 5),  # reference 190 to 235: of 45 bases 15 are left, too few
    )
    report, lists, _ = merge(tmp_path, chains, [[a], [write(tmp_path / "b")]])
    assert lists == ["c\t151\t245\t+\n", "c\t141\t205\t+\n"]
    assert report == {
        "found_without_place_on_reference": 1,
        "junctions": 4,
        "junctions_listed": 1,
        "junctions_of_few_reads": 0,
        "junctions_not_on_both_haplotypes": 3,
    }


def test_swapping_the_parents_swaps_the_lists(tmp_path, chains):
    a = write(tmp_path / "a", (311, 410, 1, 0, 3), (511, 610, 1, 0, 2), (191, 220, 1, 0, 5))
    b = write(tmp_path / "b", (271, 370, 2, 0, 3), (471, 570, 0, 0, 3))
    report, lists, table = merge(tmp_path, chains, [[a], [b]])
    assert merge(tmp_path, chains[::-1], [[b], [a]]) == (report, lists[::-1], table)


def test_the_step_writes_the_same_bytes_each_time(tmp_path, chains):
    a, b = write(tmp_path / "a", (311, 410, 1, 0, 3)), write(tmp_path / "b")
    command = [sys.executable, SRC / "merge_junctions.py", "--junctions-a", a, "--junctions-b", b]
    command += ["--chains", *chains, "--out", tmp_path / "A.tab", tmp_path / "B.tab"]
    command += ["--table", tmp_path / "t.tsv", "--summary", tmp_path / "s.json"]
    names = ("A.tab", "B.tab", "t.tsv", "s.json")
    contents = []
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True)
        contents.append([(tmp_path / name).read_bytes() for name in names])
    assert contents[0] == contents[1]
    assert json.loads((tmp_path / "s.json").read_text())["junctions_listed"] == 1
    command[5:6] = [b, b]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1 and "1 files in --junctions-a, 2 in --junctions-b" in run.stderr


@pytest.mark.parametrize("text", ["c\t1\t2\n", "c\tx\t2\t1\t1\t0\t3\t4\t30\n", "c\t1\nc\t1\t2\t3\n"])
def test_what_is_no_junction_table_is_refused(tmp_path, text):
    path = tmp_path / "bad.tab"
    path.write_text(text)
    with pytest.raises(InputError, match=r"bad\.tab: not STAR's SJ\.out\.tab"):
        read_junctions(path)


def test_contigs_keep_their_names(tmp_path):
    path = tmp_path / "a"
    path.write_text("1\t5\t9\t1\t1\t0\t3\t4\t30\nNA\t5\t9\t1\t1\t0\t3\t4\t30\n")
    assert read_junctions(path)["contig"].tolist() == ["1", "NA"]
