"""Left alignment, overlap removal, the second haplotype and its coordinates, on small sequences."""

import numpy as np

from deepallele.simulate.effects import lift_all_but_one, lift_one
from deepallele.simulate.genome import Genome, decode, random_genome
from deepallele.simulate.planting import _difference
from deepallele.simulate.variants import (
    Variants,
    build_haplotype,
    left_align,
    random_variants,
    settle,
    swap_alleles,
)


def code(text):
    return np.array(["ACGTN".index(base) for base in text], dtype=np.uint8)


def genome(text):
    return Genome(["chr1"], np.array([0, len(text)]), code(text))


def variants(*rows):
    return Variants.from_alleles([r[0] for r in rows], [r[1] for r in rows], [code(r[2]) for r in rows])


def test_deletion_in_a_run_moves_to_its_left_end():
    aligned = left_align(code("GCAAAAT"), variants((4, 2, "A")))
    assert (aligned.pos[0], decode(aligned.allele(0))) == (1, b"C")


def test_insertion_in_a_repeat_moves_and_turns():
    text = "GGCACACAT"
    inserted = variants((7, 1, "ACA"))
    aligned = left_align(code(text), inserted)
    assert (aligned.pos[0], decode(aligned.allele(0))) == (1, b"GCA")
    before, after = (build_haplotype(genome(text), v).genome.text(0) for v in (inserted, aligned))
    assert before == after


def test_substitutions_stay():
    aligned = left_align(code("AAAA"), variants((2, 1, "C"), (3, 1, "G")))
    assert aligned.pos.tolist() == [2, 3]


def test_overlapping_unchanged_and_gap_variants_are_dropped_in_order_of_precedence():
    rows = [(2, 4, "A"), (4, 1, "T"), (9, 1, "G"), (9, 1, "T"), (12, 1, "A"), (14, 1, "C")]
    text = "AAAACAAAAAAAANNA"
    assert settle(code(text), variants(*rows), first=0).pos.tolist() == [2, 9]
    assert settle(code(text), variants(rows[1], rows[0], rows[3]), first=1).pos.tolist() == [4, 9]


def test_small_haplotype_and_its_coordinates():
    text = "ACGTACGTAC"
    second = build_haplotype(genome(text), variants((1, 3, "C"), (5, 1, "CTT"), (8, 1, "G")))
    assert second.genome.text(0) == b"ACACTTGTGC"
    assert second.from_reference(np.arange(11)).tolist() == [0, 1, 2, 2, 2, 3, 6, 7, 8, 9, 10]
    positions = np.arange(10)
    assert second.to_reference(positions, following=True).tolist() == [0, 1, 4, 5, 6, 6, 6, 7, 8, 9]
    assert second.to_reference(positions, following=False).tolist() == [0, 1, 4, 5, 5, 5, 6, 7, 8, 9]
    assert second.variant_start.tolist() == [1, 3, 8]


def test_kept_bases_are_equal_on_both_haplotypes():
    rng = np.random.default_rng(4)
    whole = random_genome(rng, 2, 30_000)
    drawn = random_variants(rng, whole.codes, 60_000, 1 / 100, 1 / 200)
    chosen = settle(whole.codes, left_align(whole.codes, drawn), first=0)
    second = build_haplotype(whole, chosen)
    assert np.diff(second.genome.offset)[2] == np.diff(whole.offset)[2], "chrM has no variants"
    position = np.arange(len(whole.codes))
    lifted = second.from_reference(position)
    touched = np.zeros(len(position), dtype=bool)
    for pos, length in zip(chosen.pos, chosen.ref_length, strict=True):
        touched[pos : pos + length] = True
    assert (whole.codes[~touched] == second.genome.codes[lifted[~touched]]).all()
    assert (second.to_reference(lifted, following=True)[~touched] == position[~touched]).all()


def test_lifting_through_one_variant_and_through_all_but_one():
    rng = np.random.default_rng(6)
    whole = random_genome(rng, 1, 4_000)
    drawn = random_variants(rng, whole.codes, 4_000, 1 / 60, 1 / 40)
    chosen = settle(whole.codes, left_align(whole.codes, drawn), first=0)
    second = build_haplotype(whole, chosen)
    assert (chosen.ref_length > 3).sum() > 5 and (chosen.alt_length > 3).sum() > 5
    for row in range(len(chosen)):
        only = build_haplotype(whole, chosen.take(np.array([row])))
        but = build_haplotype(whole, chosen.take(np.arange(len(chosen)) != row))
        pos, ref, alt = (int(x[row]) for x in (chosen.pos, chosen.ref_length, chosen.alt_length))
        near = np.arange(pos - 8, pos + ref + 8)
        lifted = second.from_reference(near).tolist()
        start = int(second.variant_start[row])
        one = [lift_one(at, pos, ref, alt) for at in near.tolist()]
        pairs = zip(near.tolist(), lifted, strict=True)
        rest = [lift_all_but_one(at, there, pos, ref, alt, start) for at, there in pairs]
        assert one == only.from_reference(near).tolist()
        assert rest == but.from_reference(near).tolist()


def test_swapping_alleles_swaps_the_haplotypes():
    text = "ACGTACGTACGT" * 20
    rows = variants(*[(i, 1, "A" if text[i] != "A" else "C") for i in range(0, 240, 3)])
    codes = code(text)
    swapped = swap_alleles(np.random.default_rng(1), codes, rows)
    moved = codes != code(text)
    assert 20 < moved.sum() < 60
    assert (swapped.alt[:, 0] != codes[swapped.pos]).all()
    assert (swapped.alt[moved[rows.pos], 0] == code(text)[rows.pos[moved[rows.pos]]]).all()


def test_difference_of_two_sites_turns_one_into_the_other():
    rng = np.random.default_rng(3)
    for _ in range(300):
        site = rng.integers(0, 4, 12).astype(np.uint8)
        at, size = int(rng.integers(0, 9)), int(rng.integers(1, 4))
        other = [
            np.delete(site, slice(at, at + size)),
            np.insert(site, at, rng.integers(0, 4, size)),
            site.copy(),
        ]
        other[2][at : at + size] = (other[2][at : at + size] + 1) % 4
        for changed in other:
            for before, after in ((site, changed), (changed, site)):
                text = np.concatenate([[3], before])
                skip, length, allele = _difference(before, after.astype(np.uint8))
                start = 1 + skip
                allele = allele if skip >= 0 else np.concatenate([text[start : start + 1], allele])
                made = np.concatenate([text[:start], allele, text[start + length :]])
                assert made.tolist() == [3, *after.tolist()]
                if len(before) != len(after):
                    assert min(length, len(allele)) == 1 and allele[0] == text[start]
