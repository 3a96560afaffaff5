"""Simulated single-cell ATAC-seq: barcodes, cells of two types, empty droplets."""

import hashlib
import re

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.errors import InputError
from deepallele.sample_sheet import read_samples
from deepallele.simulate.cell_types import draw_strengths, type_grammars
from deepallele.simulate.grammar import Cooperation
from deepallele.simulate.motifs import load_motifs
from deepallele.simulate.run import simulate
from deepallele.simulate.settings import DEFAULT_MOTIFS, Paths, Settings

TYPES = ["lymphoid", "myeloid"]
SIZE = {"chromosomes": 2, "regions_per_chromosome": 30, "pairs": 30_000, "blacklist_loci": 1}
SETTINGS = Settings(
    assay="scatac", cells=60, empty_droplets=100, unused_barcodes=40, ambient_share=0.05, **SIZE
)
NAME = re.compile(r"([ACGT]{16}):r\d+:(REF|ALT):(chr\w+):(\d+)-(\d+)(:d)?$")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    paths = Paths(tmp_path_factory.mktemp("cells"))
    return simulate(SETTINGS, paths), paths


@pytest.fixture(scope="module")
def reads(made):
    return pd.read_csv(made[1].reads, sep="\t")


@pytest.fixture(scope="module")
def cells(made):
    return pd.read_csv(made[1].cells, sep="\t", keep_default_na=False)


def test_read_names_begin_with_the_barcode(made, reads):
    parts = reads["read"].str.extract(NAME)
    assert parts[0].notna().all() and reads["read"].is_unique
    assert (parts[0] == reads["barcode"]).all() and (parts[1] == reads["haplotype"]).all()
    assert (parts[3].astype(int) == reads["start"]).all() and (parts[5].notna() == reads["duplicate"]).all()
    names = []
    for unit in read_samples(made[1].samples):
        assert unit["fastq_2"]
        with pysam.FastxFile(unit["fastq_1"]) as one, pysam.FastxFile(unit["fastq_2"]) as two:
            for first, second in zip(one, two, strict=True):
                assert first.name == second.name
                names.append(first.name)
    assert sorted(names) == sorted(reads["read"])


def test_the_lists_of_barcodes_agree(made, reads, cells):
    _, paths = made
    white = paths.whitelist.read_text().split()
    assert len(set(white)) == len(white) == 200 and white == sorted(white)
    assert all(re.fullmatch("[ACGT]{16}", barcode) for barcode in white)
    assert cells["barcode"].is_unique and set(cells["barcode"]) < set(white) and len(cells) == 160
    groups = pd.read_csv(paths.cell_types, sep="\t")
    assert list(groups.columns) == ["barcode", "group"]
    full = cells[cells["group"] != ""]
    assert dict(zip(groups["barcode"], groups["group"], strict=True)) == dict(
        zip(full["barcode"], full["group"], strict=True)
    )
    assert full.groupby(["sample", "group"]).size().to_dict() == {
        (sample, group): 15 for sample in ("rep1", "rep2") for group in TYPES
    }
    assert set(reads["barcode"]) <= set(cells["barcode"])


def test_fragments_of_each_droplet_are_counted(reads, cells):
    distinct = reads[~reads["duplicate"]]
    counts = distinct["barcode"].value_counts().reindex(cells["barcode"], fill_value=0)
    assert counts.to_numpy().tolist() == cells["fragments"].tolist()
    sample = distinct.groupby("barcode")["sample"].agg(["nunique", "first"])
    assert (sample["nunique"] == 1).all()
    assert (sample["first"] == cells.set_index("barcode")["sample"].loc[sample.index]).all()
    empty = cells[cells["group"] == ""]["fragments"]
    assert empty.sum() / cells["fragments"].sum() == pytest.approx(0.05, abs=0.005)
    logs = np.log(cells[cells["group"] != ""]["fragments"])
    assert logs.std() == pytest.approx(SETTINGS.cell_sd, abs=0.12)
    assert empty.median() * 10 < np.exp(logs).median()


def test_each_cell_has_fragments_of_all_regions(reads, cells):
    large = cells[(cells["group"] != "") & (cells["fragments"] > 200)]["barcode"]
    share = (reads["chrom"] == "chr1").groupby(reads["barcode"]).mean()[large]
    assert len(large) > 30 and share.between(0.3, 0.7).all()


def test_duplicates_repeat_a_fragment_of_the_same_droplet(reads):
    key = ["sample", "barcode", "haplotype", "chrom", "start", "end"]
    originals = set(map(tuple, reads.loc[~reads["duplicate"], key].to_numpy()))
    copies = reads.loc[reads["duplicate"], key]
    assert len(copies) == pytest.approx(0.08 * len(reads), abs=1)
    assert set(map(tuple, copies.to_numpy())) <= originals


def test_motifs_of_one_type_act_there_only():
    motifs = load_motifs(DEFAULT_MOTIFS)
    full = np.array([motif.strength for motif in motifs])
    strength = draw_strengths(np.random.default_rng(1), motifs, 2, 0.6)
    assert ((strength == 0) | (strength == full)).all()
    assert (strength != 0).any(axis=0).all()
    assert (strength == 0).sum(axis=1).tolist() == [3, 3]
    pair = Cooperation(int(np.argmin(strength[0] != 0)), int(np.argmax(strength.all(axis=0))), 0.8)
    grammars, mean = type_grammars(motifs, pair, strength)
    assert [grammar.cooperation.strength for grammar in grammars] == [0.0, 0.8]
    windows = np.random.default_rng(2).integers(0, 4, (20, 2 * mean.half + 1)).astype(np.uint8)
    activity = np.mean([grammar.activity(windows).total for grammar in grammars], axis=0)
    assert np.allclose(mean.activity(windows).total, activity)


def test_the_truth_of_regions_differs_between_the_types(made):
    world, paths = made
    regions = pd.read_csv(paths.regions, sep="\t")
    ratios = regions[[f"log_ratio_{name}" for name in TYPES]].to_numpy()
    assert (np.abs(ratios[:, 0] - ratios[:, 1]) > 0.5).mean() > 0.2
    assert np.abs(ratios[:, 0] - ratios[:, 1]).min() == 0
    overall = np.log2(regions["expected_a"] / regions["expected_b"])
    assert np.allclose(regions["log_ratio"], overall, atol=1e-4)
    mean = world.cell_types.expected.mean(axis=0)
    assert np.allclose(mean, regions[["expected_a", "expected_b"]], rtol=1e-4)
    summary = pd.read_csv(paths.motif_summary, sep="\t")
    strength = summary[[f"strength_{name}" for name in TYPES]].to_numpy()
    assert np.allclose(strength.mean(axis=1), summary["strength"])
    assert (strength == 0).sum() == 5


def test_reads_of_each_type_follow_the_truth_of_that_type(made, reads, cells):
    regions = pd.read_csv(made[1].regions, sep="\t")
    mine = reads[(reads["source"] == "region") & ~reads["duplicate"]]
    group = mine["barcode"].map(cells.set_index("barcode")["group"])
    middle = (mine["start"] + mine["end"]) / 2
    place = mine["chrom"].map({"chr1": 0, "chr2": 10**6}) + middle
    summit = regions["chrom"].map({"chr1": 0, "chr2": 10**6}) + regions["summit"]
    # Regions are 4,000 bases apart, fragments at most some hundred from the summit.
    row = np.searchsorted(((summit + summit.shift(-1)) / 2).dropna(), place)
    measured, many = {}, {}
    for name in TYPES:
        chosen = [((group == name) & (mine["haplotype"] == side)).to_numpy() for side in ("REF", "ALT")]
        counts = [np.bincount(row[one], minlength=len(regions)) for one in chosen]
        measured[name] = np.log2((counts[0] + 1) / (counts[1] + 1))
        many[name] = counts[0] + counts[1] >= 50
    for name, other in (TYPES, TYPES[::-1]):
        assert many[name].sum() > 30
        right = np.corrcoef(measured[name][many[name]], regions[f"log_ratio_{name}"][many[name]])[0, 1]
        wrong = np.corrcoef(measured[name][many[name]], regions[f"log_ratio_{other}"][many[name]])[0, 1]
        assert right > 0.95 and right > wrong + 0.1


@pytest.mark.parametrize("assay", ["rna", "scatac"])
def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path, assay):
    def sums(name, seed):
        folder = tmp_path / name / "sim"
        small = Settings(assay=assay, seed=seed, chromosomes=1, regions_per_chromosome=8, pairs=600)
        simulate(small, Paths(folder))
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "samples.tsv")
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    first, again, other = sums("one", 1), sums("two", 1), sums("three", 2)
    assert first == again
    mine = {"rna": ["genes.gtf.gz"], "scatac": ["whitelist.txt", "cell_types.tsv", "truth/cells.tsv"]}[assay]
    changed = [name for name in first if first[name] != other[name]]
    assert {*mine, "reads/rep1_R1.fq.gz", "truth/reads.tsv.gz"} <= set(changed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layout": "single"}, "--layout single"),
        ({"cell_types": "one"}, "--cell-types one: out of range; give two or more different names"),
        ({"cell_types": "one,one"}, "--cell-types one,one"),
        ({"cell_types": "a.b,c"}, "--cell-types a.b,c"),
        ({"cells": 3}, "--cells 3: out of range; give at least 4"),
        ({"empty_droplets": 1}, "--empty-droplets 1"),
        ({"cell_sd": -0.1}, "--cell-sd -0.1"),
        ({"strandness": 1}, "--strandness 1: an option of --assay rna"),
        ({"assay": "atac", "cells": 10}, "--cells 10: an option of --assay scatac"),
    ],
)
def test_bad_settings_of_cells_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        Settings(**{"assay": "scatac", **change})
