import numpy as np
import pysam
import pytest
from allele_records import pair, run

from deepallele.allele.names import hash_names, name_words
from deepallele.allele.outcome import Fate, fate_of, is_no_variant, is_overruled, is_second_half, pack
from deepallele.allele.split import second_half, shares

HALVES = [0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1]
NAMES = hash_names(name_words([f"run:1:{number}" for number in range(20_000)]))


def names_in(path):
    with pysam.AlignmentFile(str(path)) as file:
        return sorted(record.query_name for record in file)


def test_halves_are_halves_fixed_and_mirrored():
    second = second_half(NAMES, ("P1", "P2"))
    assert second.mean() == pytest.approx(0.5, abs=0.015)
    assert (second_half(NAMES, ("P2", "P1")) == ~second).all()
    # The same on every machine and in every release.
    assert second[:12].astype(int).tolist() == HALVES


def test_halves_of_other_crosses_are_other_ones():
    same = second_half(NAMES, ("P1", "P2")) == second_half(NAMES, ("P1", "Q"))
    assert 0.6 < same.mean() < 0.73  # two thirds: the order of three random numbers


def test_the_smallest_hashes_have_no_half_of_their_own():
    """Of copies the smallest hash is kept: the kept ones must still fall into equal halves."""
    kept = NAMES[:19_998].reshape(-1, 6).min(axis=1)
    assert second_half(kept, ("P1", "P2")).mean() == pytest.approx(0.5, abs=0.03)
    second = second_half(NAMES, ("P1", "P2"))
    for bit in range(64):
        on = ((NAMES >> np.uint64(bit)) & np.uint64(1)).astype(bool)
        assert second[on].mean() == pytest.approx(0.5, abs=0.03)


def test_split_files_hold_each_haplotype_and_half_of_the_ambiguous(tmp_path):
    ambiguous = [pair(100 + place) for place in range(300)]
    a = [*ambiguous, pair(1000), pair(1100, md="5C14"), pair(50, contig="2"), pair(100)]
    b = [*ambiguous, pair(1000, md="5C14"), pair(1100), pair(50, contig="2"), pair(100)]
    stats, _ = run(tmp_path / "x", a, b, hemizygous=["2"], split=True)
    assert (stats["ambiguous"], stats["duplicates"], stats["hemizygous"]) == (300, 1, 1)
    files = {
        name: names_in(tmp_path / "x" / f"s.{name}.bam") for name in ("P1.split", "P2.split", "P1", "P2")
    }
    assert files["P1"] == ["read300"] * 2 and files["P2"] == ["read301"] * 2
    first, second = set(files["P1.split"]), set(files["P2.split"])
    assert not first & second and {"read300"} <= first and {"read301"} <= second
    kept = set(names_in(tmp_path / "x" / "s.bam"))
    assert first | second == kept - {"read302"} and len(kept) == 303
    for name in ("P1.split", "P2.split"):
        assert all(files[name].count(read) == 2 for read in set(files[name]))
        with pysam.AlignmentFile(str(tmp_path / "x" / f"s.{name}.bam")) as file:
            assert file.header["HD"]["SO"] == "coordinate"
            assert [read.query_name for read in file.fetch("1")]
    assert 110 < len(first) - 1 < 190


def test_no_split_files_unless_wanted(tmp_path):
    run(tmp_path / "x", [pair(100)], [pair(100)])
    assert not list((tmp_path / "x").glob("*split*"))


def test_a_byte_keeps_everything_about_a_pair():
    fate = np.repeat(np.arange(len(Fate), dtype=np.uint8), 8)
    bits = [np.tile(np.arange(8) >> shift & 1, len(Fate)).astype(bool) for shift in range(3)]
    packed = pack(fate, *bits)
    assert packed.dtype == np.uint8 and len(np.unique(packed)) == len(packed)
    assert (fate_of(packed) == fate).all()
    for read, bit in zip((is_no_variant, is_overruled, is_second_half), bits, strict=True):
        assert (read(packed) == bit).all()
    everything, first, second, first_half, half = shares(packed, True)
    assert (everything == (fate <= Fate.HEMIZYGOUS)).all()
    assert (first_half | half == (fate <= Fate.AMBIGUOUS)).all() and not (first_half & half).any()
    assert (first_half & ~first == ((fate == Fate.AMBIGUOUS) & ~bits[2])).all()
    assert (second == (fate == Fate.INFORMATIVE_B)).all() and len(shares(packed, False)) == 3
