"""bigWigs against coverage that is counted base by base, times the scale."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyBigWig
import pysam
import pytest

SRC = Path(__file__).parents[2] / "src"
LENGTHS = {"c1": 20_003, "c2": 7_000, "none": 300}
BIN = 10


def draw(rng, number, spliced, paired):
    """Fragments as (contig, start of mate 1's or the read's blocks, flag fields); mates are 40 bases long."""
    drawn = []
    for index in range(number):
        contig = ("c1", "c2")[int(rng.random() < 0.3)]
        size = int(rng.integers(45, 990 if rng.random() < 0.2 else 260))
        start = int(rng.integers(0, LENGTHS[contig] - size - 200))
        gap = int(rng.integers(30, 150)) if spliced and rng.random() < 0.5 else 0
        drawn.append((f"r{index}", contig, start, size, gap, bool(rng.random() < 0.5), paired))
    return drawn


def records(header, fragment):
    name, contig, start, size, gap, first_is_left, paired = fragment
    places = [(start, False), (start + size - 40 + gap, True)] if paired else [(start, not first_is_left)]
    made = []
    for number, (place, reverse) in enumerate(places):
        read = pysam.AlignedSegment(header)
        read.query_name, read.reference_id = name, header.get_tid(contig)
        read.reference_start, read.mapping_quality = place, 40
        read.query_sequence = "A" * 40
        read.cigarstring = f"20M{gap}N20M" if gap and number == 0 else "40M"
        read.flag = 16 * reverse
        if paired:
            mate, mate_reverse = places[1 - number]
            read.flag += 1 + 2 + 32 * mate_reverse + (64 if (number == 0) == first_is_left else 128)
            read.next_reference_id, read.next_reference_start = read.reference_id, mate
            read.template_length = (size + gap) * (-1 if reverse else 1)
        made.append(read)
    return made


def write_bam(path, fragments):
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"SO": "coordinate"}, "SQ": [{"SN": name, "LN": length} for name, length in LENGTHS.items()]}
    )
    reads = [read for fragment in fragments for read in records(header, fragment)]
    reads.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in reads:
            file.write(read)
    pysam.index(str(path))
    return path


def brute_force(fragments, intervals):
    """Number of intervals that touch each bin."""
    counts = {name: np.zeros(-(-length // BIN)) for name, length in LENGTHS.items()}
    for fragment in fragments:
        for start, end in intervals(fragment):
            for place in {base // BIN for base in range(start, end)}:
                counts[fragment[1]][place] += 1
    return counts


def values(path):
    with pyBigWig.open(str(path)) as file:
        assert file.chroms() == LENGTHS
        return {name: np.array(file.values(name, 0, length))[::BIN] for name, length in LENGTHS.items()}


def run(folder, bams, paired, *options):
    number = {"informative_A": 90, "informative_B": 50, "ambiguous": 100, "hemizygous": 10, "paired": paired}
    (folder / "assignment.json").write_text(json.dumps(number))
    outs = [bam.with_suffix(".bw") for bam in bams]
    command = [sys.executable, SRC / "make_tracks.py", "--bams", *bams, "--bin-size", str(BIN), *options]
    command += ["--assignment", folder / "assignment.json", "--out", *outs]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [values(out) for out in outs]


def agree(found, expected):
    for name in LENGTHS:
        np.testing.assert_allclose(found[name], 1e6 / 250 * expected[name], rtol=1e-5, err_msg=name)


def whole(fragment):
    return [(fragment[2], fragment[2] + fragment[3] + fragment[4])]


def reads_of(fragment):
    _, _, start, size, gap, _, paired = fragment
    blocks = [(start, start + 20), (start + 20 + gap, start + 40 + gap)] if gap else [(start, start + 40)]
    return blocks + ([(start + size - 40 + gap, start + size + gap)] if paired else [])


def test_pairs_are_drawn_from_end_to_end_once_and_both_haplotypes_on_one_scale(tmp_path):
    fragments = draw(np.random.default_rng(1), 250, False, True)
    parts = {
        "s": fragments,
        "s.A": fragments[:90],
        "s.B": fragments[90:140],
        "empty": [],
        "one": fragments[:1],
    }
    bams = [write_bam(tmp_path / f"{name}.bam", part) for name, part in parts.items()]
    found = run(tmp_path, bams, True, "--extend", "--max-insert", "1000")
    for track, part in zip(found, parts.values(), strict=True):
        agree(track, brute_force(part, whole))
    # All pairs are A, B and the ambiguous ones, as all have the same scale.
    rest = brute_force(fragments[140:], whole)
    for name in LENGTHS:
        together = found[1][name] + found[2][name] + 1e6 / 250 * rest[name]
        np.testing.assert_allclose(found[0][name], together, rtol=1e-5)


@pytest.mark.parametrize("paired", [True, False])
def test_reads_of_rna_leave_their_introns_open(tmp_path, paired):
    fragments = draw(np.random.default_rng(2), 200, True, paired)
    bam = write_bam(tmp_path / "s.bam", fragments)
    agree(run(tmp_path, [bam], paired)[0], brute_force(fragments, reads_of))


def test_single_reads_are_extended_in_their_direction(tmp_path):
    fragments = [f for f in draw(np.random.default_rng(3), 200, False, False) if f[2] > 200]
    bam = write_bam(tmp_path / "s.bam", fragments)

    def extended(fragment):
        start, forward = fragment[2], fragment[5]
        return [(start, start + 150) if forward else (start + 40 - 150, start + 40)]

    found = run(tmp_path, [bam], False, "--extend", "--fragment-length", "150")[0]
    agree(found, brute_force(fragments, extended))
