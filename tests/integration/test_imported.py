"""The workflow from a table of sequence pairs to the report, without reads and genomes."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml

from deepallele.dataset.store import read_dataset

CONFIG = Path(__file__).parent / "imported" / "config.yaml"
PAIRS = 80


def pairs_table():
    """Pairs of 100 bases with a substitution or an indel; the activity is the share of G and C, and noise."""
    rng = np.random.default_rng(4)
    rows = []
    for number in range(PAIRS):
        ref = list(rng.choice(list("ACGT"), 100))
        alt = ref.copy()
        place = int(rng.integers(20, 80))
        alt[place] = "ACGT"[("ACGT".index(ref[place]) + 1) % 4]
        if number % 4 == 0:
            alt[place + 5 : place + 5] = list("GGC")
        if number % 4 == 1:
            del alt[place - 8 : place - 4]
        level = [10 * np.mean(np.isin(bases, ["G", "C"])) + rng.normal(0, 0.2) for bases in (ref, alt)]
        rows.append([f"oligo {number}", "".join(ref), "".join(alt), f"gene{number % 8}", *level])
    return pd.DataFrame(rows, columns=["oligo", "ref", "alt", "gene", "act_ref", "act_alt"])


@pytest.fixture(scope="module")
def imported(new_run):
    run = new_run("imported", CONFIG)
    (run.directory / "input").mkdir()
    pairs_table().to_csv(run.directory / "input" / "pairs.tsv", sep="\t", index=False)
    run.whole()
    return run


def test_variants_are_scored_without_a_genome(imported):
    results = imported.directory / "results"
    variants = pd.read_csv(results / "variants" / "recommended.tsv.gz", sep="\t")
    dataset = read_dataset(results / "dataset" / "dataset.h5")
    assert len(variants) == len(dataset.variant) >= PAIRS
    assert variants["scored"].all()
    assert (variants["allele_a"].str.len() != variants["allele_b"].str.len()).any()
    assert variants["region"].nunique() == PAIRS


def test_seqlets_lie_in_the_sequences_of_a(imported):
    seqlets = pd.read_csv(
        imported.directory / "results" / "motifs" / "recommended" / "seqlets.tsv.gz", sep="\t"
    )
    of_a = seqlets[seqlets["haplotype"] == "A"]
    assert (of_a["ref_start"] == of_a["start"]).all()
    assert (seqlets["chrom"] == seqlets["region"]).all()
    assert seqlets["ref_end"].max() <= 100


def test_the_report_says_where_the_data_come_from(imported):
    page = (imported.directory / "results" / "report" / "index.html").read_text()
    assert "imported (table)" in page
    assert "activities, no fragments" in page
    assert "Classes of read pairs" not in page
    assert imported.planned() == {}


def test_a_search_adds_its_table_and_reruns_nothing(imported):
    section = {"model": "recommended", "trials": 2, "epochs": 1, "space": {"training.lr": [0.02]}}
    searched = imported.with_config("searched", search=section)
    assert searched.planned() == {}
    searched.whole("--", "search")
    folder = imported.directory / "results" / "search"
    table = pd.read_csv(folder / "recommended.tsv", sep="\t").sort_values("trial")
    assert table["training.lr"].tolist() == [0.01, 0.02] and table["epochs"].tolist() == [1, 1]
    best = yaml.safe_load((folder / "recommended.best.yaml").read_text())
    assert best["training"]["epochs"] == 2  # the model's own, not those of the search
    assert not list(folder.rglob("*.ckpt"))
    more = searched.with_config("more", search__trials=3)
    assert more.planned("--", "search") == {"search_trial": 1, "collect_search": 1, "search": 1}


def test_only_rules_that_are_needed_are_there(imported):
    rules = imported.snakemake("--list-rules").stdout
    assert "import_dataset" in rules
    assert "bowtie2_map" not in rules


def test_a_missing_file_stops_before_any_job(imported):
    section = {**imported.settings()["dataset"]["import"], "files": ["none.tsv"]}
    done = imported.with_config("bad", dataset__import=section).snakemake()
    assert done.returncode != 0
    assert "key 'dataset.import.files': no such file 'none.tsv'" in done.stdout


def test_a_published_file_with_names_of_its_own_for_the_arrays(new_run):
    run, rng = new_run("arrays", CONFIG), np.random.default_rng(1)
    code, count = rng.integers(0, 4, (40, 2, 60)), rng.integers(0, 90, (2, 40))
    with h5py.File(run.directory / "pairs of mine.h5", "w") as file:
        for haplotype, name in enumerate("AB"):
            file[f"seq {name}"] = np.eye(4)[code[:, haplotype]]
            file[f"s1_{name}"] = np.log(1.0 + count[haplotype])
        file["peak_name"] = [f"chr{row % 4 + 1}-{100 * row}-{100 * row + 60}" for row in range(40)]
    arrays = {"sequence": ["seq A", "seq B"], "batch": ["{batch}_A", "{batch}_B", "{batch}_ratio"]}
    section = {"format": "published", "files": ["pairs of mine.h5"], "arrays": arrays}
    run.with_config("own", dataset__import=section).whole("results/dataset/dataset.h5")
    dataset = read_dataset(run.directory / "results" / "dataset" / "dataset.h5")
    assert dataset.sample == ["s1"]
    np.testing.assert_array_equal(dataset.count[:, 0, :2], count.T)
    np.testing.assert_array_equal(dataset.sequence, code)
