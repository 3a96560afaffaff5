"""import_dataset.py and export_dataset.py on the command line, on real pairs where they are."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from exchange_world import random_pairs, region_names, write_published

from deepallele.dataset.store import read_dataset
from deepallele.exchange.differences import Difference, apply_differences
from deepallele.genome.fasta import decode

ROOT = Path(__file__).parents[3]
CROSS = ["--cross", "X", "--haplotypes", "BY", "RM", "--folds", "3"]


def step(name, *arguments, ok=True):
    command = [sys.executable, str(ROOT / "src" / name), *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode == 0) == ok, run.stderr
    return run.stdout if ok else run.stderr


def test_a_published_file_through_all_formats(tmp_path):
    a, b = random_pairs(30)
    counts = np.random.default_rng(2).integers(0, 90, (2, 30))
    write_published(
        tmp_path / "in.h5", a, b, region_names(30), {("B6_counts", "Cast_counts", "ratio"): counts}
    )
    paths = {name: tmp_path / name for name in ("d.h5", "dropped.tsv", "counts.tsv.gz")}
    out = ["--out", paths["d.h5"], "--dropped", paths["dropped.tsv"], "--counts", paths["counts.tsv.gz"]]
    said = step("import_dataset.py", "--from", "published", "--input", tmp_path / "in.h5", *CROSS, *out)
    assert "30 regions" in said
    assert "windows of 60 bp" in said
    table = pd.read_csv(paths["counts.tsv.gz"], sep="\t")
    assert table["count_a"].tolist() == counts[0].tolist()
    assert paths["dropped.tsv"].read_text() == "region\treason\n"
    export = ["export_dataset.py", "--dataset", paths["d.h5"], "--format"]
    step(*export, "fasta", "--out", tmp_path / "a.fa", tmp_path / "b.fa.gz")
    records = [f">{n}\n{s}\n" for n, s in zip(region_names(30), a, strict=True)]
    assert (tmp_path / "a.fa").read_text() == "".join(records)
    for name in ("one.npz", "two.npz"):
        step(*export, "npz", "--out", tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["sequence"], read_dataset(paths["d.h5"]).sequence)
        assert archive["haplotype"].tolist() == ["BY", "RM"]
        assert len(archive["variant_pos"]) == len(read_dataset(paths["d.h5"]).variant)
    own = ["--sequence-arrays", "sa", "sb", "--value-arrays", "a", "b", "d"]
    step(*export, "published", "--out", tmp_path / "own.h5", *own)
    again = ["--out", tmp_path / "again.h5", "--dropped", tmp_path / "again.tsv"]
    step("import_dataset.py", "--from", "published", "--input", tmp_path / "own.h5", *CROSS, *own, *again)
    assert (tmp_path / "again.h5").read_bytes() == paths["d.h5"].read_bytes()
    wrong = [*export, "fasta", "--out", tmp_path / "x", tmp_path / "y", *own]
    assert "--sequence-arrays names arrays of a published file, but --format is fasta" in step(
        *wrong, ok=False
    )
    assert "--format fasta writes 2" in step(*export, "fasta", "--out", tmp_path / "x", ok=False)


def test_what_is_missing_on_the_command_line_is_named(tmp_path):
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    out = ["--out", tmp_path / "d.h5", "--dropped", tmp_path / "x.tsv"]
    common = ["--from", "table", "--input", tmp_path / "t.tsv", *CROSS, *out]
    own = ["--batch-arrays", "{batch}.a", "{batch}.b", "{batch}.d"]
    said = step("import_dataset.py", *common, *own, ok=False)
    assert "--batch-arrays names arrays of a published file, but --from is table; leave it out" in said
    assert "error: --name-column is missing" in step("import_dataset.py", *common, ok=False)
    options = ["--name-column", "a", "--group-column", "a", "--unit", "log2", "--sequence-columns", "a", "b"]
    said = step("import_dataset.py", *common, *options, "--values", "s=a", ok=False)
    assert "--values: 's=a'; expected SAMPLE=COLUMN_A,COLUMN_B" in said
    said = step("import_dataset.py", *common[:2], "--input", "1", "2", *common[4:], ok=False)
    assert "--input: 2 files; --from table takes 1" in said
    assert not (tmp_path / "d.h5").exists()
    assert not (tmp_path / "x.tsv").exists()


def test_the_real_pairs_of_yeast_are_all_imported(tmp_path, shared_data):
    path = shared_data / "yeast_promoter_mpra" / "pairs.tsv.gz"
    options = ["--name-column", "testName", "--group-column", "gene"]
    options += ["--sequence-columns", "seq_BY", "seq_alt"]
    options += ["--values", "mpra=log2act_BY_est,log2act_alt_est", "--unit", "log2"]
    out = ["--out", tmp_path / "d.h5", "--dropped", tmp_path / "dropped.tsv"]
    step("import_dataset.py", "--from", "table", "--input", path, *options, *CROSS, *out)
    dataset, table = read_dataset(tmp_path / "d.h5"), pd.read_csv(path, sep="\t")
    assert len(dataset.region) == 7504
    first = ~table["testName"].duplicated()
    assert dataset.region["name"][first].tolist() == table["testName"][first].tolist()
    np.testing.assert_allclose(dataset.log_ratio(), -table["logFC_alt_vs_BY"], atol=1e-5)
    edits = [[] for _ in table.index]
    for one in dataset.variant.itertuples(index=False):
        edits[one.region].append(Difference(one.offset_a, one.offset_b, one.allele_a, one.allele_b))
    for row, (a, b) in enumerate(zip(table["seq_BY"], table["seq_alt"], strict=True)):
        assert decode(dataset.sequence[row, 0]).rstrip("N") == a
        assert apply_differences(a, edits[row]) == b
