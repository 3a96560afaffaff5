"""Counterparts against windows whose every base carries its own name."""

import numpy as np
import pandas as pd
import pytest

from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.motifs.counterpart import Counterpart


def _world(rng, row, length=60):
    """Two haplotypes with random variants; shared bases carry the same number, own bases none."""
    tokens, variants, name = ([], []), [], 0
    lead = rng.integers(0, 4, 2)
    for side in range(2):
        tokens[side].extend([None] * lead[side])
    while min(map(len, tokens)) < length + 15:
        shared = int(rng.integers(3, 15))
        for side in range(2):
            tokens[side].extend(range(name, name + shared))
        name += shared
        sizes = rng.choice([1, 1, 1, 2, 4, 7], 2)
        sizes = sizes if min(sizes) == 1 else np.ones(2, dtype=int)
        variants.append((row, len(tokens[0]), len(tokens[1]), "A" * sizes[0], "C" * sizes[1]))
        for side in range(2):
            # the leftmost base of the two alleles pairs, the others have no partner
            tokens[side].extend([name] + [None] * (sizes[side] - 1))
        name += 1
    return tokens, variants, lead


@pytest.mark.parametrize("minus", [False, True])
def test_every_base_finds_its_own_name(minus, length=60):
    """Also in windows that are read backwards: there the shared base of two alleles is the last one."""
    rng = np.random.default_rng(0)
    worlds, variants = [], []
    for row in range(30):
        tokens, listed, lead = _world(rng, row)
        worlds.append((tokens, lead))
        variants += listed
    columns = ["region", "offset_a", "offset_b", "allele_a", "allele_b"]
    listed = pd.DataFrame(variants, columns=columns).sample(frac=1, random_state=0)
    if minus:
        for side in "ab":
            listed[f"offset_{side}"] = length - listed[f"offset_{side}"] - listed[f"allele_{side}"].str.len()
    table = Counterpart(listed, np.full(30, minus))
    checked = unpaired = 0
    for row, (tokens, lead) in enumerate(worlds):
        for side in range(2):
            offset = np.arange(lead[side], length)
            place = length - 1 - offset if minus else offset
            other, exact = table.translate(np.full(len(offset), row), np.full(len(offset), side), place)
            other = length - 1 - other if minus else other
            for here, there, paired in zip(offset, other, exact, strict=True):
                name = tokens[side][here]
                assert paired == (name is not None)
                if paired:
                    assert tokens[1 - side][there] == name
                    checked += 1
                else:
                    onward = tokens[side][here::-1] if minus else tokens[side][here:]
                    nearest = next(t for t in onward if t is not None)
                    assert tokens[1 - side][there] == nearest
                    unpaired += 1
    assert checked > 1000 and unpaired > 50


def _chain(gaps, reference_length):
    """Chain of one contig from (reference position, bases deleted, bases inserted) behind each anchor."""
    lines, at = [], 0
    for position, deleted, inserted in gaps:
        lines.append(f"{position - at}\t{deleted}\t{inserted}")
        at = position + deleted
    lines.append(f"{reference_length - at}\n")
    length = reference_length + sum(inserted - deleted for _, deleted, inserted in gaps)
    header = f"chain 1 c {reference_length} + 0 {reference_length} c {length} + 0 {length} 1"
    return "\n".join([header, *lines])


def test_variants_and_haplotype_maps_give_the_same_places(tmp_path):
    """A is the reference with one insertion, B has a deletion, an insertion and A's insertion."""
    gaps = {"A": [(50, 0, 3)], "B": [(20, 4, 0), (50, 0, 3), (70, 0, 2)]}
    maps = {}
    for name, listed in gaps.items():
        (tmp_path / name).write_text(_chain(listed, 100))
        maps[name] = HaplotypeMap.from_chain(tmp_path / name)
    # Windows begin at 10 in A and at 12 in B; offsets are haplotype positions less that.
    start = {"A": 10, "B": 12}
    variants = pd.DataFrame(
        [(0, 19 - 10, 19 - 12, "ACCCC", "A"), (0, 72 - 10, 68 - 12, "G", "GTT")],
        columns=["region", "offset_a", "offset_b", "allele_a", "allele_b"],
    )
    table = Counterpart(variants)
    for side, (here, there) in enumerate((("A", "B"), ("B", "A"))):
        offset = np.arange(2, 80)
        other, exact = table.translate(np.zeros(78, dtype=int), np.full(78, side), offset)
        reference, known = maps[here].to_reference("c", offset + start[here])
        expected, kept = maps[there].to_haplotype("c", reference)
        np.testing.assert_array_equal(exact[known], kept[known])
        np.testing.assert_array_equal(other[known], expected[known] - start[there])
        # bases of the insertion that both share have no place in the reference, yet pair with each other
        shared = np.flatnonzero(~known & exact)
        assert len(shared) == 3 and (np.diff(other[shared]) == 1).all()
