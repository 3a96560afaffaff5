"""Published HDF5 layouts: all three assays load; what was exported comes back the same."""

import re

import h5py
import numpy as np
import pytest
from exchange_world import LENGTH, one_hot, random_pairs, region_names
from exchange_world import write_published as write_file

from deepallele.errors import InputError
from deepallele.exchange.assemble import ImportSettings, assemble
from deepallele.exchange.differences import Difference, apply_differences
from deepallele.exchange.layout import layout
from deepallele.exchange.published import read_published as read
from deepallele.exchange.published_export import write_published
from deepallele.genome.fasta import decode

N = 30
# As described for the paper's files.
SEQUENCES = ("B6_sequence", "Cast_sequence")
PLAIN = ("B6_counts", "Cast_counts", "ratio")
SETTINGS = ImportSettings("B6xPWK", ["B6", "PWK"], LENGTH, 3, 0.1, 1.0, "published")


def batch(name):
    return tuple(f"{name}.{key}" for key in ("B6", "CAST", "ratio"))


@pytest.fixture
def pairs():
    return random_pairs(N)


@pytest.fixture
def counts():
    return np.random.default_rng(5).integers(0, 400, (4, N))


def read_published(path, samples):
    return read(path, samples, layout())


def export(dataset, path, ambiguous):
    write_published(dataset, path, ambiguous, layout())


def imported(path, samples=None, names=None):
    found, dropped, notes = read(path, samples, names or layout())
    return assemble(found, SETTINGS), dropped, notes


def check_variants(dataset, a, b):
    """The variant table leads from A to B in every pair."""
    for row in range(len(dataset.region)):
        mine = dataset.variant[dataset.variant["region"] == row]
        edits = [
            Difference(*one)
            for one in mine[["offset_a", "offset_b", "allele_a", "allele_b"]].itertuples(index=False)
        ]
        assert apply_differences(a[row], edits) == b[row]
        first = int(dataset.start[row, 0])
        assert (mine["pos"] == first + mine["offset_a"]).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_chip_file_without_batches(tmp_path, pairs, counts, dtype):
    path = tmp_path / "chip.h5"
    write_file(path, *pairs, region_names(N), {PLAIN: counts[:2]}, dtype=dtype)
    dataset, dropped, notes = imported(path)
    assert dataset.haplotypes == ["B6", "PWK"]
    assert (dataset.sample, len(dropped)) == (["all"], 0)
    np.testing.assert_array_equal(dataset.count[:, 0, :2], counts[:2].T)
    np.testing.assert_allclose(dataset.log_ratio(), np.log2((1 + counts[0]) / (1 + counts[1])), atol=1e-5)
    np.testing.assert_allclose(dataset.log_counts(), np.log2(1 + counts[:2]).T, rtol=1e-6)
    assert dataset.region["start"].tolist() == [1000 + 300 * row for row in range(N)]
    assert [decode(row).rstrip("N") for row in dataset.sequence[:, 1]] == pairs[1]
    check_variants(dataset, *pairs)
    assert len(notes) == 1
    assert "0 bases over" in notes[0]


def test_an_atac_file_with_batches_and_extended_windows(tmp_path, pairs, counts):
    path = tmp_path / "atac.h5"
    values = {batch("sum"): counts[:2], batch("sc"): counts[2:]}
    write_file(path, *pairs, region_names(N, size=40), values)
    both, _, _ = imported(path)
    assert both.sample == ["sc", "sum"]
    dataset, _, notes = imported(path, ["sum"])
    np.testing.assert_array_equal(dataset.count[:, 0, :2], counts[:2].T)
    assert "5 bases over" in notes[0]
    assert (dataset.start[:, 0] == dataset.region["start"] - 5).all()
    check_variants(dataset, *pairs)
    with pytest.raises(InputError, match="no batch 'bulk'; it has sc, sum"):
        read_published(path, ["bulk"])


def test_an_rna_file_with_genes_and_real_values(tmp_path, pairs, counts):
    path = tmp_path / "rna.h5"
    names = region_names(N, genes=True)
    genes = [f"H2-K{row}" for row in range(N)]
    write_file(path, *pairs, names, {batch("B_Fo_Sp_IL4"): counts[:2] / 7}, genes)
    dataset, _, notes = imported(path)
    assert dataset.region["name"].tolist() == names
    assert dataset.region["chrom"].tolist() == names, "the name says where the gene is, not where its window"
    assert dataset.activity is not None
    assert dataset.kept(10).all()
    np.testing.assert_allclose(dataset.log_counts(), np.log2(1 + counts[:2] / 7).T, rtol=1e-5)
    check_variants(dataset, *pairs)
    assert "not known" in notes[0]
    assert "taken as activities" in notes[1]
    # Folds are still made of chromosomes: six, in three folds.
    chromosome = np.array([name.split("-")[2] for name in names])
    assert all(len(set(map(tuple, dataset.split[:, chromosome == c].T))) == 1 for c in set(chromosome))


@pytest.mark.parametrize("kind", ["chip", "atac", "rna"])
def test_what_is_exported_comes_back_the_same(tmp_path, pairs, counts, kind):
    values = {"chip": {PLAIN: counts[:2]}, "atac": {batch("sum"): counts[:2], batch("sc"): counts[2:]}}
    values["rna"] = {batch("MF_PC_IL4"): counts[:2] / 7}
    genes = [f"H2-K{row}" for row in range(N)] if kind == "rna" else None
    write_file(tmp_path / "first.h5", *pairs, region_names(N, genes=kind == "rna"), values[kind], genes)
    first, _, _ = imported(tmp_path / "first.h5")
    export(first, tmp_path / "second.h5", "split")
    export(first, tmp_path / "again.h5", "split")
    assert (tmp_path / "second.h5").read_bytes() == (tmp_path / "again.h5").read_bytes()
    second, _, _ = imported(tmp_path / "second.h5")
    for name in ("sequence", "start", "count", "split"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name))
    if kind == "rna":
        np.testing.assert_array_equal(second.activity, first.activity)
    else:
        assert second.activity is first.activity is None
    assert second.region.equals(first.region)
    assert second.variant.equals(first.variant)
    assert (second.sample, second.attributes) == (first.sample, first.attributes)
    with h5py.File(tmp_path / "first.h5") as one, h5py.File(tmp_path / "second.h5") as other:
        assert sorted(one) == sorted(other)
        for key in one:
            if one[key].dtype.kind == "f":
                np.testing.assert_allclose(other[key], one[key], rtol=1e-6, atol=1e-6)
            else:
                assert list(one[key]) == list(other[key])
        assert one["B6_sequence"].shape == other["B6_sequence"].shape


def test_ambiguous_fragments_are_split_as_published_or_dropped(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2]})
    dataset, _, _ = imported(tmp_path / "a.h5")
    dataset.count[:, :, 2] = np.arange(N)[:, None] + 1
    export(dataset, tmp_path / "split.h5", "split")
    export(dataset, tmp_path / "drop.h5", "drop")
    split, drop = (read_published(tmp_path / f"{name}.h5", None)[0].count[:, 0] for name in ("split", "drop"))
    np.testing.assert_array_equal(drop, dataset.count[:, 0, :2])
    np.testing.assert_array_equal(split.sum(axis=1), dataset.count[:, 0].sum(axis=1))
    assert (np.abs((split - drop)[:, 0] - (split - drop)[:, 1]) <= 1).all()
    # 1 of 1 for A in row 0, for B in the next odd row with an odd number.
    assert (split - drop)[0].tolist() == [1, 0]
    assert (split - drop)[2].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("chr16_1_2", "'chr16_1_2' is no name of a region"),
        ("chr1-10", "no name of a region"),
        ("chr1-20-10", "start is not below the end"),
        ("chr1-1000-1050", "appears twice"),
        ("Actb-chr1-10-60", "no name of a region"),
    ],
)
def test_names_that_do_not_parse_are_refused(tmp_path, pairs, counts, name, words):
    names = [*region_names(N)[:-1], name]
    write_file(tmp_path / "a.h5", *pairs, names, {PLAIN: counts[:2]})
    with pytest.raises(InputError, match=words):
        read_published(tmp_path / "a.h5", None)


def test_other_files_are_refused(tmp_path, pairs, counts):
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(InputError, match="not an HDF5 file"):
        read_published(tmp_path / "text.h5", None)
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["other"] = [1]
    with pytest.raises(InputError, match="no array peak_name; it has other; name those"):
        read_published(tmp_path / "empty.h5", None)
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2]})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["B6_sequence"][3, 5] = [0.7, 0.3, 0, 0]
    with pytest.raises(InputError, match=r"B6_sequence, rows from 0: row 3, position 5 is \[0.7"):
        read_published(tmp_path / "a.h5", None)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["B6_sequence"][3, 5] = [0.25] * 4
        del file["Cast_counts"]
    with pytest.raises(
        InputError,
        match="B6_counts could be values of A, but there is no Cast_counts; it has B6_counts, B6_sequence",
    ):
        read_published(tmp_path / "a.h5", None)


def test_values_that_are_missing_or_do_not_fit_are_told(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2]})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["B6_counts"][4] = np.nan
        file["B6_sequence"][6] = 0
        file["ratio"][0] = 9
    found, dropped, notes = read_published(tmp_path / "a.h5", None)
    assert len(found.name) == N - 2
    assert dropped["reason"].tolist() == ["missing_value", "no_sequence"]
    assert dropped["region"].tolist() == [region_names(N)[4], region_names(N)[6]]
    assert "in 1 regions the ratio of the file is not A - B" in notes[-1]


@pytest.mark.parametrize("real", [False, True])
def test_a_value_missing_in_one_batch(tmp_path, pairs, counts, real):
    """A region without a count is dropped; activities of the other batch are kept."""
    values = {batch("x"): counts[:2] / (7 if real else 1), batch("y"): counts[2:] / (7 if real else 1)}
    write_file(tmp_path / "a.h5", *pairs, region_names(N), values)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["x.B6"][4] = file["x.B6"][5] = file["y.CAST"][5] = np.nan
        file["y.B6"][6] = np.inf
    dataset, dropped, _ = imported(tmp_path / "a.h5")
    assert dropped["region"].tolist() == [region_names(N)[row] for row in ([5] if real else [4, 5, 6])]
    if real:
        kept = np.delete(np.arange(N), 5)
        wanted = np.log2(1 + np.moveaxis(counts.reshape(2, 2, N), 2, 0) / 7)
        wanted[4, 0] = wanted[6, 1] = np.nan
        np.testing.assert_allclose(dataset.activity, wanted[kept], rtol=1e-5)
        # What is missing is missing in the export, too.
        export(dataset, tmp_path / "b.h5", "split")
        np.testing.assert_array_equal(imported(tmp_path / "b.h5")[0].activity, dataset.activity)


def test_one_hot_of_the_export_is_that_of_the_description(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2]})
    dataset, _, _ = imported(tmp_path / "a.h5")
    export(dataset, tmp_path / "b.h5", "split")
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file["Cast_sequence"], one_hot(pairs[1]))
        np.testing.assert_array_equal(file["ratio"], file["B6_counts"][()] - file["Cast_counts"][()])


def test_arrays_of_other_names_are_read_and_written(tmp_path, pairs, counts):
    mine = layout(("alt", "ref"), ("ya", "yb", "d"), ("n {batch} a", "n {batch} b", "n {batch} d"))
    for name, theirs, keys in (("all", PLAIN, mine.values), ("s{1}", batch("s{1}"), mine.of_batch("s{1}"))):
        write_file(tmp_path / "usual.h5", *pairs, region_names(N), {theirs: counts[:2]})
        with h5py.File(tmp_path / "usual.h5") as one, h5py.File(tmp_path / "own.h5", "w") as other:
            other["peak_name"] = one["peak_name"][()]
            for new, old in zip([*mine.sequence, *keys], [*SEQUENCES, *theirs], strict=True):
                other[new] = one[old][()]
        first, second = imported(tmp_path / "usual.h5")[0], imported(tmp_path / "own.h5", names=mine)[0]
        assert first.sample == second.sample == [name]
        np.testing.assert_array_equal(first.sequence, second.sequence)
        np.testing.assert_array_equal(first.count, second.count)
        write_published(second, tmp_path / "out.h5", "split", mine)
        with h5py.File(tmp_path / "own.h5") as one, h5py.File(tmp_path / "out.h5") as other:
            assert sorted(one) == sorted(other)
        with pytest.raises(InputError, match=r"it has .*; name those to read in dataset\.import\.arrays"):
            imported(tmp_path / "own.h5")


@pytest.mark.parametrize(
    ("names", "samples"),
    [
        # A's pattern fits the sequences, or B's arrays; a batch is called as the paper's B.
        (
            {"sequence": ["sequence_A", "sequence_B"], "batch": ["{batch}_A", "{batch}_B", "{batch}_D"]},
            ["s1", "s2"],
        ),
        ({"batch": ["counts_{batch}", "counts_alt_{batch}", "d_{batch}"]}, ["s1", "s2"]),
        ({"batch": ["{batch}_counts", "{batch}_b", "{batch}_r"]}, ["B6", "Cast", "x"]),
        ({"batch": ["{batch}/A", "{batch}/B", "{batch}/D"]}, ["s1", "s2"]),
        ({"values": ["data/a", "data/b", "d"], "sequence": ["data/s", "t"]}, ["all"]),
    ],
)
def test_any_layout_that_is_written_is_read(tmp_path, pairs, names, samples):
    one = layout(**names)
    count = np.random.default_rng(3).integers(0, 90, (len(samples), 2, N))
    write_file(tmp_path / "a.h5", *pairs, region_names(N), dict(zip(map(batch, samples), count, strict=True)))
    dataset = imported(tmp_path / "a.h5")[0]
    write_published(dataset, tmp_path / "b.h5", "split", one)
    again = imported(tmp_path / "b.h5", names=one)[0]
    assert again.sample == samples == dataset.sample
    np.testing.assert_array_equal(again.count, dataset.count)
    np.testing.assert_array_equal(again.sequence, dataset.sequence)


def test_values_of_a_without_those_of_b_are_not_passed_over(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {batch("x"): counts[:2], batch("y"): counts[2:]})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["y.CAST"]
    with pytest.raises(InputError, match=r"y\.B6 could be values of A, but there is no y\.CAST; it has"):
        imported(tmp_path / "a.h5")
    assert imported(tmp_path / "a.h5", ["x"])[0].sample == ["x"]


def test_a_batch_called_as_values_without_batches_is_not_lost(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2], batch("all"): counts[2:]})
    with pytest.raises(InputError, match="both B6_counts and a batch 'all', which would have one name"):
        imported(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"sequence": ["group", "x"]}, "no array group; it has B6_counts"),
        ({"values": ["group", "x", "y"]}, "neither group nor a batch"),
        ({"values": ["B6_counts", "nowhere", "y"]}, "no nowhere"),
        ({"values": ["text", "Cast_counts", "y"]}, "text is object .*; expected 30 numbers"),
        ({"values": ["short", "Cast_counts", "y"]}, r"short is int64 \(3,\); expected 30 numbers"),
        (
            {"sequence": ["text", "Cast_sequence"]},
            r"text is object \(30,\); expected numbers \(30, length, 4\)",
        ),
    ],
)
def test_arrays_that_cannot_be_what_they_are_named_for(tmp_path, pairs, counts, names, words):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2]})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["group/inner"], file["short"], file["text"] = [1], [1, 2, 3], ["a"] * N
        file["link"] = h5py.SoftLink("/nowhere")
    with pytest.raises(InputError, match=words):
        imported(tmp_path / "a.h5", names=layout(**names))


def test_a_region_without_sequence_does_not_make_activities_of_counts(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {PLAIN: counts[:2]})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["B6_sequence"][3] = 0
        file["B6_counts"][3] = 0.5
    dataset, dropped, _ = imported(tmp_path / "a.h5")
    assert dataset.activity is None
    assert dropped["reason"].tolist() == ["no_sequence"]


def test_a_batch_without_any_value_is_refused_and_missing_ones_are_told(tmp_path, pairs, counts):
    write_file(
        tmp_path / "a.h5", *pairs, region_names(N), {batch("x"): counts[:2] / 7, batch("y"): counts[2:] / 7}
    )
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["x.B6"][:3] = np.nan
    assert "x: 3 of 30 regions have no finite value" in imported(tmp_path / "a.h5")[2]
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["x.B6"][:] = np.nan
    with pytest.raises(InputError, match=r"x has no finite value; leave it out of dataset\.import\.samples"):
        imported(tmp_path / "a.h5")
    assert len(imported(tmp_path / "a.h5", ["y"])[0].region) == N


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"sequence": ["a", "a"]}, "--sequence-arrays: 'a' is the name of two arrays"),
        ({"sequence": ["peak_name", "a"]}, "--sequence-arrays: 'peak_name' is the name of two"),
        ({"values": ["a", "B6_sequence", "b"]}, "--sequence-arrays: 'B6_sequence' is the name of two"),
        ({"batch": ["{batch}a", "{batch}a", "{batch}"]}, "--batch-arrays: '{batch}a' is the name of two"),
        ({"batch": ["{batch}.a", "x", "{batch}.r"]}, "--batch-arrays: 'x': needs {batch} once"),
    ],
)
def test_names_of_arrays_that_cannot_be_are_refused(names, words):
    with pytest.raises(InputError, match=re.escape(words)):
        layout(**names)


def test_arrays_that_would_have_one_name_are_not_written(tmp_path, pairs, counts):
    write_file(tmp_path / "a.h5", *pairs, region_names(N), {batch("peak"): counts[:2]})
    dataset = imported(tmp_path / "a.h5")[0]
    names = layout(batch=["{batch}_name", "{batch}_b", "{batch}_d"])
    with pytest.raises(InputError, match="two arrays would be called 'peak_name'"):
        write_published(dataset, tmp_path / "b.h5", "split", names)
    assert not (tmp_path / "b.h5").exists()
