"""Simulated reads against the haplotypes they are said to come from, read back with pysam and pandas."""

import re

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.simulate.fragments import AtacSampler, Shares
from deepallele.simulate.genome import decode
from deepallele.simulate.informative import count_informative, informative_positions
from deepallele.simulate.reads import ADAPTERS
from deepallele.simulate.run import simulate
from deepallele.simulate.settings import Paths, Settings

SETTINGS = Settings(
    seed=2, chromosomes=2, regions_per_chromosome=40, pairs=12_000, indel_rate=1 / 300, blacklist_loci=1
)
LENGTH = SETTINGS.read_length
NAME = re.compile(r"r(\d+):(REF|ALT):(chr\w+):(\d+)-(\d+)(:d)?$")
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    paths = Paths(tmp_path_factory.mktemp("reads"))
    world = simulate(SETTINGS, paths)
    return world, paths


@pytest.fixture(scope="module")
def truth(simulated):
    return pd.read_csv(simulated[1].reads, sep="\t")


@pytest.fixture(scope="module")
def pairs(simulated):
    """Name, then bases and qualities of both mates, for all units in the order of the sample sheet."""
    sheet = pd.read_csv(simulated[1].samples, sep="\t")
    found = []
    for one, two in zip(sheet["fastq_1"], sheet["fastq_2"], strict=True):
        with pysam.FastxFile(one) as first, pysam.FastxFile(two) as second:
            for a, b in zip(first, second, strict=True):
                assert a.name == b.name and a.comment is None
                found.append((a.name, a.sequence, a.quality, b.sequence, b.quality))
    return found


@pytest.fixture(scope="module")
def origins(simulated, pairs):
    """Texts of both haplotypes; for each pair its haplotype, contig, span there, and bases of both mates."""
    world, _ = simulated
    texts = {"REF": {}, "ALT": {}}
    for label, genome in (("REF", world.genome), ("ALT", world.second.genome)):
        for contig, name in enumerate(genome.names):
            texts[label][name] = genome.text(contig).decode()
    offsets = {"REF": world.genome.offset, "ALT": world.second.genome.offset}
    rows = []
    for name, one, _, two, _ in pairs:
        _, label, chrom, start, end, _ = NAME.match(name).groups()
        contig = world.genome.names.index(chrom)
        start, end = int(start), int(end)
        if label == "ALT":
            lift = world.second.from_reference(np.array([start, end - 1]) + world.genome.offset[contig])
            start, end = (lift - offsets["ALT"][contig] + [0, 1]).tolist()
        rows.append((label, chrom, start, end, one, two))
    return texts, rows


def place(text, read, near):
    """Fewest differences of the read from the text at `near`, or at places up to 25 bases away."""
    best = len(read)
    for shift in sorted(range(-25, 26), key=abs):
        at = near + shift
        best = min(best, sum(x != y for x, y in zip(read, text[at : at + len(read)], strict=False)))
        if best <= 3:
            break
    return best


def test_names_are_unique_and_match_the_truth_table(truth, pairs):
    assert [pair[0] for pair in pairs] == truth["read"].tolist()
    assert truth["read"].is_unique and len(truth) == SETTINGS.pairs
    parts = truth["read"].str.extract(NAME)
    assert (parts[1] == truth["haplotype"]).all() and (parts[2] == truth["chrom"]).all()
    assert (parts[3].astype(int) == truth["start"]).all() and (parts[4].astype(int) == truth["end"]).all()
    assert (parts[5].notna() == truth["duplicate"]).all()


def test_reads_lie_where_they_say_and_differ_by_errors_only(origins):
    texts, rows = origins
    differences = bases = 0
    for label, chrom, start, end, one, two in rows[::4]:
        size = min(LENGTH, end - start - 25) if end - start < LENGTH + 25 else LENGTH
        text = texts[label][chrom]
        left, right = (one, two), (two, one)
        errors = []
        for first, second in (left, right):
            tail = second[:size].translate(COMPLEMENT)[::-1]
            errors.append(place(text, first[:size], start) + place(text, tail, end - size))
        differences += min(errors)
        bases += 2 * size
    assert 0.003 < differences / bases < 0.007


def test_exact_positions_without_indels(simulated, origins):
    """On haplotype A the span is exact: no search for the place."""
    texts, rows = origins
    wrong = bases = 0
    for label, chrom, start, end, one, two in rows:
        if label != "REF" or end - start < LENGTH:
            continue
        text = texts[label][chrom]
        left, right = text[start : start + LENGTH], text[end - LENGTH : end].translate(COMPLEMENT)[::-1]
        if sum(x != y for x, y in zip(one, left, strict=True)) > 12:
            left, right = right, left
        wrong += sum(x != y for x, y in zip(one + two, left + right, strict=True))
        bases += 2 * LENGTH
    assert bases > 200_000 and 0.003 < wrong / bases < 0.007


def test_error_rates_agree_with_the_qualities(origins, pairs):
    texts, rows = origins
    wrong, quality = [], []
    for (label, chrom, start, end, one, two), (_, _, first, _, second) in zip(rows, pairs, strict=True):
        if label != "REF" or end - start < LENGTH:
            continue
        text = texts[label][chrom]
        left, right = text[start : start + LENGTH], text[end - LENGTH : end].translate(COMPLEMENT)[::-1]
        if sum(x != y for x, y in zip(one, left, strict=True)) > 12:
            left, right = right, left
        wrong += [x != y for x, y in zip(one + two, left + right, strict=True)]
        quality.append(first + second)
    wrong = np.array(wrong)
    phred = np.frombuffer("".join(quality).encode(), dtype=np.uint8).astype(int) - 33
    for low, high in ((2, 12), (12, 18), (18, 24), (24, 30), (30, 42)):
        chosen = (phred >= low) & (phred < high)
        expected = (10 ** (-phred[chosen] / 10)).sum()
        assert expected > 20
        assert abs(wrong[chosen].sum() - expected) < 4.5 * np.sqrt(expected), (low, high)
    by_place = (10 ** (-phred / 10)).reshape(-1, LENGTH).mean(axis=0)
    assert by_place[-5:].mean() > 1.5 * by_place[10:20].mean(), "qualities must fall along the read"


def test_short_fragments_run_into_the_adapter(origins, pairs):
    _, rows = origins
    seen = 0
    for label, _, start, end, one, two in rows:
        over = LENGTH - (end - start)
        if label == "REF" and over >= 8:
            seen += 1
            for read, adapter in ((one, ADAPTERS[0]), (two, ADAPTERS[1])):
                same = sum(x == y for x, y in zip(read[LENGTH - over :], adapter, strict=False))
                assert same >= over - 3
    assert seen > 10


def test_number_of_variants_tells_which_pairs_are_informative(simulated):
    """A pair tells no variant exactly if the other haplotype holds the same bases at the same place."""
    world, _ = simulated
    haplotypes = (world.genome, world.second.genome)
    texts = [decode(genome.codes).decode() for genome in haplotypes]
    centres = np.stack([world.summit, world.second.from_reference(world.summit)], axis=1)
    sampler = AtacSampler(haplotypes, centres, np.zeros((0, 2), dtype=np.int64), Shares(0.1, 0.0, 0.0))
    fragments = sampler.sample(np.random.default_rng(7), world.expected, 6_000, 0)
    positions = informative_positions(world.genome, world.second, world.variants)
    told = count_informative(fragments, positions, LENGTH)
    checked = np.zeros(2, dtype=int)
    for row in range(len(told)):
        own, start, end = (int(column[row]) for column in fragments[:3])
        span = np.array([start, end - 1])
        other = world.second.to_reference(span, following=True) if own else world.second.from_reference(span)
        near = texts[1 - own][int(other[0]) - 60 : int(other[1]) + 60]
        size = min(LENGTH, end - start)
        same = all(texts[own][at : at + size] in near for at in (start, end - size))
        assert same == (told[row] == 0), (own, start, end)
        checked[int(same)] += 1
    assert (checked > 300).all()
