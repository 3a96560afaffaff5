import numpy as np
import pytest
from allele_records import UNALIGNED, Read, pair, run

from deepallele.allele.duplicates import Settled
from deepallele.allele.outcome import Fate, Mode, Settings, pack
from deepallele.allele.stats import Tally, summarise


def settled(kept, lengths=None):
    return Settled(np.array(kept), np.zeros(4, dtype=np.int64), lengths)


def test_classes_that_do_not_add_up_are_an_error():
    no = np.zeros(2, dtype=bool)
    packed = pack(np.array([Fate.INFORMATIVE_A, Fate.LOW_MAPQ], dtype=np.uint8), no, no, ~no)
    rest = (Tally(), ["x"], ("P", "Q"), Mode.LIKELIHOOD)
    numbers = summarise(packed, settled([[1, 0, 0, 0]]), *rest)
    assert (numbers["informative_A"], numbers["low_mapq"], numbers["bias"]) == (1, 1, 1.0)
    with pytest.raises(AssertionError, match="add up"):
        summarise(packed, settled([[2, 0, 0, 0]]), *rest)


def test_every_pair_is_in_one_class(monkeypatch):
    monkeypatch.setattr("deepallele.allele.stats._PART", 7)
    rng = np.random.default_rng(2)
    fate = rng.integers(0, len(Fate), 500).astype(np.uint8)
    bits = rng.integers(0, 2, (3, 500)).astype(bool)
    kept = np.bincount(fate, minlength=4)[:4]
    numbers = summarise(pack(fate, *bits), settled([kept]), Tally(), ["x"], ("P", "Q"), Mode.LIKELIHOOD)
    classes = [name for name in numbers if name.upper() in Fate.__members__]
    assert len(classes) == 13
    assert sum(numbers[name] for name in classes) == numbers["pairs_in"] == 500
    assert numbers["no_variant"] == (bits[0] & (fate == Fate.AMBIGUOUS)).sum()
    assert numbers["overruled"] == (bits[1] & (fate == Fate.AMBIGUOUS)).sum()


def test_fragment_lengths_per_class(tmp_path):
    a = [
        pair(100, 150),
        pair(100, 150),
        pair(120, 150),
        pair(100, 200),
        pair(100, 900),
        pair(100, 2),
        pair(50, 20),
    ]
    b = [*a[:3], pair(100, 200, md="5C14"), *a[4:]]
    # Mates that reach past each other: the fragment is what lies between their 5' ends.
    a[5] = b[5] = [Read(pos=110), Read(pos=100, reverse=True)]
    stats, _ = run(tmp_path / "x", a, b, settings=Settings(max_insert=900))
    sizes = stats["insert_sizes"]
    assert {len(numbers) for numbers in sizes.values()} == {901}
    found = {name: {length: n for length, n in enumerate(numbers) if n} for name, numbers in sizes.items()}
    assert found == {
        "informative_A": {200: 1},
        "informative_B": {},
        "ambiguous": {10: 1, 20: 1, 150: 2, 900: 1},
        "hemizygous": {},
    }
    for name, numbers in sizes.items():
        assert sum(numbers) == stats[name]


def test_long_fragments_are_counted_together(tmp_path):
    template = [pair(100, 2500), pair(100, 3500), pair(100, 1999)]
    stats, _ = run(tmp_path / "x", template, template, settings=Settings(max_insert=10**6))
    numbers = stats["insert_sizes"]["ambiguous"]
    assert (len(numbers), numbers[2000], numbers[1999]) == (2001, 2, 1)


def test_single_reads_have_no_fragment_length(tmp_path):
    stats, _ = run(tmp_path / "x", [[Read(pos=100)]], [[Read(pos=100)]])
    assert stats["insert_sizes"] is None and not stats["paired"]


def test_reads_lost_or_moved_on_one_haplotype(tmp_path):
    nothing = [UNALIGNED, UNALIGNED]
    a = [pair(100), [Read(pos=100), UNALIGNED], pair(100), nothing, pair(300)]
    b = [nothing, pair(100), pair(100), pair(200), pair(900, md="5C14")]
    stats, _ = run(tmp_path / "x", a, b)
    assert (stats["unaligned_on_A"], stats["unaligned_on_B"]) == (3, 2)
    assert (stats["placed_differently"], stats["different_place"]) == (1, 0)


def test_entropy_of_the_posterior(tmp_path):
    stats, _ = run(tmp_path / "x", [pair(100)] * 2, [pair(100)] * 2)
    assert stats["mean_entropy"] == 1.0
    stats, _ = run(tmp_path / "y", [pair(100)], [pair(100, md="5C5C8")])
    assert stats["mean_entropy"] == 0.0
    error = 10**-0.5
    likely = (1 - error) / (1 - error + error / 3)
    poor = [Read(pos=100, md="5C14", quality=5), pair(100)[1]]
    stats, _ = run(tmp_path / "z", [pair(100)], [poor])
    expected = -likely * np.log2(likely) - (1 - likely) * np.log2(1 - likely)
    assert stats["mean_entropy"] == pytest.approx(expected, abs=1e-5)
    assert run(tmp_path / "w", [], [])[0]["mean_entropy"] is None
