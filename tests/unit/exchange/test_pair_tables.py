"""Tables and FASTA files of pairs: what is read, refused, and left out."""

import gzip

import numpy as np
import pytest
from exchange_world import random_pairs

from deepallele.errors import InputError
from deepallele.exchange.tables import Columns, read_fasta, read_pairs_fasta, read_pairs_table

N = 12
COLUMNS = Columns("oligo", ("ref", "alt"), "gene", {"r1": ("a1", "b1"), "r2": ("a2", "b2")})


def table_text(values=None, change=None):
    a, b = random_pairs(N)
    values = np.arange(4 * N).reshape(N, 4) if values is None else values
    lines = ["oligo\tref\talt\tgene\ta1\tb1\ta2\tb2"]
    for row in range(N):
        lines.append("\t".join([f"o{row}", a[row], b[row], f"g{row % 5}", *map(str, values[row])]))
    return ("\n".join(lines) + "\n").replace(*(change or ("", "")), 1) if change else "\n".join(lines) + "\n"


def test_counts_of_several_samples(tmp_path):
    path = tmp_path / "pairs.tsv.gz"
    path.write_bytes(gzip.compress(table_text().encode()))
    pairs, dropped, _ = read_pairs_table(path, COLUMNS, "counts")
    assert (pairs.sample, pairs.place, len(dropped)) == (["r1", "r2"], None, 0)
    np.testing.assert_array_equal(pairs.count, np.arange(4 * N).reshape(N, 2, 2))
    assert pairs.group[6] == "g1"
    assert pairs.activity is None


@pytest.mark.parametrize(("unit", "factor"), [("log2", 1), ("ln", 1 / np.log(2)), ("log10", np.log2(10))])
def test_activities_become_log2(tmp_path, unit, factor):
    values = np.random.default_rng(0).normal(size=(N, 4)).round(4)
    (tmp_path / "pairs.tsv").write_text(table_text(values))
    pairs, _, _ = read_pairs_table(tmp_path / "pairs.tsv", COLUMNS, unit)
    np.testing.assert_allclose(pairs.activity, values.reshape(N, 2, 2) * factor, rtol=1e-6)
    assert pairs.count is None


def test_pairs_without_value_or_sequence_are_dropped_and_told(tmp_path):
    text = table_text().replace("\t0\t1\t2\t3\n", "\tNA\t1\t2\t3\n")
    second = text.splitlines()[2].split("\t")[2]
    (tmp_path / "pairs.tsv").write_text(text.replace(second, "", 1))
    pairs, dropped, _ = read_pairs_table(tmp_path / "pairs.tsv", COLUMNS, "counts")
    assert dropped.to_numpy().tolist() == [["o0", "missing_value"], ["o1", "no_sequence"]]
    assert pairs.name == [f"o{row}" for row in range(2, N)]


def test_an_activity_may_be_measured_in_some_samples_only(tmp_path):
    text = table_text().replace("\t0\t1\t2\t3\n", "\tNA\t1\t2\t3\n")
    text = text.replace("\t4\t5\t6\t7\n", "\t\t5\tNA\t7\n")
    (tmp_path / "pairs.tsv").write_text(text)
    pairs, dropped, _ = read_pairs_table(tmp_path / "pairs.tsv", COLUMNS, "log2")
    assert dropped.to_numpy().tolist() == [["o1", "missing_value"]]
    np.testing.assert_array_equal(pairs.activity[0], [[np.nan, np.nan], [2, 3]])
    assert np.isfinite(pairs.activity[1:]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("\tgene\t", "\tlocus\t"), "no column 'gene'; it has oligo, ref, alt, locus"),
        (("\no3\t", "\no3\to3\t"), "not a table"),
        (("\t4\t5\t", "\t4\tx5\t"), r"line 3: b1 is 'x5'; expected a whole number"),
        (("\t4\t5\t", "\t-4\t5\t"), "a1 is '-4'; expected a whole number"),
        (("\t4\t5\t", "\t4.5\t5\t"), "a1 is '4.5'"),
        (("\t4\t5\t", "\tinf\t5\t"), "a1 is 'inf'"),
        (("\no1\t", "\no1\tX"), "line 3: ref: 'X' is no base"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path, change, words):
    (tmp_path / "pairs.tsv").write_text(table_text(change=change))
    with pytest.raises(InputError, match=words):
        read_pairs_table(tmp_path / "pairs.tsv", COLUMNS, "counts")


def test_repeated_names_are_numbered(tmp_path):
    text = table_text().replace("\no3\t", "\no2\t").replace("\no7\t", "\no2\t")
    (tmp_path / "pairs.tsv").write_text(text)
    pairs, _, notes = read_pairs_table(tmp_path / "pairs.tsv", COLUMNS, "counts")
    assert [pairs.name[row] for row in (2, 3, 7)] == ["o2", "o2.2", "o2.3"]
    assert notes == ["2 names were there before; they end in .2, .3, ... now"]
    (tmp_path / "pairs.tsv").write_text(text.replace("\no5\t", "\no2.2\t"))
    with pytest.raises(InputError, match=r"oligo 'o2\.2' appears twice"):
        read_pairs_table(tmp_path / "pairs.tsv", COLUMNS, "counts")


def test_fasta_pairs_are_matched_by_name(tmp_path):
    a, b = random_pairs(N)
    order = np.random.default_rng(1).permutation(N)
    (tmp_path / "a.fa").write_text(
        "".join(f">o{i} some text\n{a[i][:20]}\n{a[i][20:].lower()}\n" for i in range(N))
    )
    (tmp_path / "b.fa").write_text("".join(f">o{i}\n{b[i]}\n" for i in order))
    (tmp_path / "values.tsv").write_text(table_text())
    columns = Columns("oligo", None, "gene", COLUMNS.values)
    fasta = [tmp_path / "a.fa", tmp_path / "b.fa"]
    pairs, _ = read_pairs_fasta(fasta, tmp_path / "values.tsv", columns, "counts")
    direct, _, _ = read_pairs_table(tmp_path / "values.tsv", COLUMNS, "counts")
    np.testing.assert_array_equal(pairs.sequence, direct.sequence)
    (tmp_path / "b.fa").write_text(">o1\nACGT\n")
    with pytest.raises(InputError, match=r"b.fa: no record 'o0', which is in"):
        read_pairs_fasta(fasta, tmp_path / "values.tsv", columns, "counts")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no FASTA record"),
        ("ACGT\n", "no FASTA record"),
        (">a\nAC\n>a\nAC\n", "there twice"),
        (">a\nA-C\n", "'-'"),
    ],
)
def test_a_wrong_fasta_is_refused(tmp_path, text, words):
    (tmp_path / "a.fa").write_text(text)
    with pytest.raises(InputError, match=words):
        read_fasta(tmp_path / "a.fa")
