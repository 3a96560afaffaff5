"""The log likelihood and the duplicates against slow, plain code on the same records."""

import math
from collections import defaultdict

import numpy as np
import pysam
import pytest

from deepallele.allele.bam import open_bam
from deepallele.allele.duplicates import FRAGMENT, FragmentStore, find_duplicates, hash_names
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


def random_fragments(rng, number):
    table = np.zeros(number, dtype=FRAGMENT)
    table["pair"] = rng.permutation(number)
    table["kind"], table["tid"] = rng.integers(0, 3, number), rng.integers(0, 2, number)
    table["left"], table["right"] = rng.integers(-2, 12, number), rng.integers(20, 30, number)
    table["hash"] = rng.integers(0, 2**63, number, dtype=np.uint64)
    table["hash"][:50] = 7  # equal hashes: the first pair of the file is kept
    return table


def slow_duplicates(table):
    groups = defaultdict(list)
    for row in table.tolist():
        pair, kind, tid, left, right, value = row
        groups[kind, tid, left, right].append((value, pair))
    kept = {min(members)[1] for members in groups.values()}
    return {int(pair) for pair in table["pair"]} - kept


def test_duplicates_agree_with_grouping():
    table = random_fragments(np.random.default_rng(4), 1500)
    expected = slow_duplicates(table)
    assert set(table["pair"][find_duplicates(table)].tolist()) == expected
    assert 200 < len(expected) < 1400


@pytest.mark.parametrize("remove", [True, False])
def test_store_settles_the_same_duplicates_in_parts(tmp_path, remove):
    table = random_fragments(np.random.default_rng(5), 1500)
    fate = np.zeros(1500, dtype=np.uint8)
    fate[table["pair"]] = table["kind"]
    with FragmentStore(tmp_path) as store:
        for part in np.array_split(table, 7):
            store.add(part)
        kept, duplicates = store.settle(fate, 2, remove)
    expected = slow_duplicates(table) if remove else set()
    assert set(np.flatnonzero(fate == 11).tolist()) == expected
    for row in table.tolist():
        if row[0] in expected:
            duplicates[row[1]] -= 1
        else:
            kept[row[2], row[1]] -= 1
    assert not kept.any() and not duplicates.any()


def test_name_hash_is_fixed_spread_and_free_of_padding():
    names = [f"lane:{number}" for number in range(5000)]
    padded = np.frombuffer(b"".join(name.encode().ljust(24, b"\0") for name in names), dtype="<u8").reshape(
        -1, 3
    )
    value = hash_names(padded)
    assert len(np.unique(value)) == 5000
    assert (hash_names(padded[:, :2]) == value).all()
    low = (value & np.uint64(1)).mean()
    assert 0.45 < low < 0.55
    # The choice among duplicates must stay the same from release to release.
    assert value[:2].tolist() == [13214537354906020486, 2796985896942446573]
