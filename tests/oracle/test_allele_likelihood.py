"""The log likelihood against slow, plain code on the same records."""

import math

import numpy as np
import pysam
import pytest

from deepallele.allele.bam import open_bam
from deepallele.allele.likelihood import explain
from deepallele.errors import InputError


def random_segment(rng, header, genome, number):
    """An alignment with mismatches, indels, clips and odd letters; its MD is written along the way."""
    segment = pysam.AlignedSegment(header)
    segment.query_name = f"r{number}"
    pos = int(rng.integers(0, 500))
    cigar, bases, md, run, place = [], [], "", 0, pos
    kinds = ["S", "M", *(str(kind) for kind in rng.choice(list("IDM"), rng.integers(0, 4))), "M", "S"]
    for kind in kinds:
        length = int(rng.integers(0 if kind == "S" else 1, 4 if kind != "M" else 25))
        if length == 0:
            continue
        cigar.append(("MIDNS".index(kind), length))
        if kind in "IS":
            bases += rng.choice(list("ACGT"), length).tolist()
        elif kind == "D":
            md += f"{run}^{genome[place : place + length]}"
            run, place = 0, place + length
        else:
            for _ in range(length):
                base = genome[place] if rng.random() > 0.15 else str(rng.choice(list("ACGTN")))
                if base == genome[place] and base != "N":
                    run += 1
                else:
                    md, run = f"{md}{run}{genome[place]}", 0
                bases.append(base)
                place += 1
    merged = []
    for kind, length in cigar:
        if merged and merged[-1][0] == kind:
            merged[-1] = (kind, merged[-1][1] + length)
        else:
            merged.append((kind, length))
    segment.query_sequence = "".join(bases)
    segment.query_qualities = pysam.qualitystring_to_array(
        "".join(chr(33 + int(q)) for q in rng.integers(0, 60, len(bases)))
    )
    segment.reference_id, segment.reference_start = 0, pos
    segment.cigartuples = merged
    segment.set_tag("MD", f"{md}{run}")
    return segment


def slow_log_likelihood(segment, genome):
    if segment.is_unmapped:
        return segment.query_length * math.log(1 / 4)
    log, qualities = 0.0, segment.query_qualities
    for query, place in segment.get_aligned_pairs(matches_only=True):
        read, known = segment.query_sequence[query], genome[place]
        error = min(0.75, 10 ** (-min(40, qualities[query]) / 10))
        if known == "N" and read != "N":
            log += math.log(1 / 4) - math.log(1 - error)
        elif read not in ("N", known):
            log += math.log(error / 3) - math.log(1 - error)
    for kind, length in segment.cigartuples:
        if kind in (1, 2):
            log += math.log(5e-6) + (length - 1) * math.log(0.1)
        if kind == 4:
            log += length * math.log(1 / 4)
    return log


def test_log_likelihood_agrees_with_slow_code(tmp_path):
    rng = np.random.default_rng(3)
    genome = "".join(rng.choice(list("ACGT" * 10 + "N"), 1000))
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "1", "LN": 1000}]})
    segments = [random_segment(rng, header, genome, number) for number in range(600)]
    for segment in segments[::17]:
        segment.is_unmapped, segment.cigartuples = True, None
    with pysam.AlignmentFile(str(tmp_path / "x.bam"), "wb", header=header) as file:
        for segment in segments:
            file.write(segment)
    records = open_bam(tmp_path / "x.bam").take(10**6)
    found = explain(records).log_likelihood
    expected = [slow_log_likelihood(segment, genome) for segment in segments]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert len(set(expected)) > 300


@pytest.mark.parametrize(("md", "message"), [("9A", "does not fit"), (None, "no MD field")])
def test_bad_md_is_told(tmp_path, md, message):
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "1", "LN": 1000}]})
    segment = pysam.AlignedSegment(header)
    segment.query_name, segment.query_sequence, segment.cigarstring = "odd", "ACGTA", "5M"
    segment.reference_id, segment.reference_start = 0, 5
    if md:
        segment.set_tag("MD", md)
    with pysam.AlignmentFile(str(tmp_path / "x.bam"), "wb", header=header) as file:
        file.write(segment)
    records = open_bam(tmp_path / "x.bam").take(10)
    with pytest.raises(InputError, match=f"read odd: .*{message}"):
        explain(records)
