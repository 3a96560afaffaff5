"""Complexity and enrichment of libraries, and what MultiQC shows of them."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepallele.errors import InputError
from deepallele.quality.complexity import library_size
from deepallele.quality.enrichment import (
    COLUMNS,
    distances,
    in_regions,
    read_components,
    read_profiles,
    tss_enrichment,
)

SRC = Path(__file__).parents[3] / "src"
STATS = {"informative_A": 200, "informative_B": 100, "ambiguous": 90, "hemizygous": 10, "duplicates": 100}


@pytest.mark.parametrize(("molecules", "examined"), [(1e6, 1e4), (1e6, 1e6), (1e6, 8e6), (2e9, 3e8)])
def test_the_size_of_a_library_is_found_again(molecules, examined):
    distinct = molecules * -math.expm1(-examined / molecules)
    assert library_size(examined, distinct) == pytest.approx(molecules, rel=1e-6)


def test_a_drawn_library_has_the_size_that_is_estimated():
    drawn = np.random.default_rng(1).integers(0, 50_000, 40_000)
    assert library_size(len(drawn), len(np.unique(drawn))) == pytest.approx(50_000, rel=0.03)


def test_without_duplicates_the_size_is_unknown():
    assert library_size(100, 100) is None
    assert library_size(0, 0) is None
    assert library_size(1000, 1) == pytest.approx(1)


def counts(a, b, ambiguous):
    return pd.DataFrame({"count_a": a, "count_b": b, "count_ambiguous": ambiguous})


def test_fragments_in_regions_are_shares_of_their_own_class():
    found = in_regions(STATS, counts([60, 40], [30, 0], [50, 0]))
    assert found == {"all": 180 / 400, "a": 0.5, "b": 0.3}
    assert in_regions(STATS | {"informative_B": 0}, counts([0], [0], [0]))["b"] is None


def test_enrichment_at_start_sites_is_the_peak_over_both_ends():
    profile = np.full(100, 3.0)
    profile[:2], profile[-2:] = 1.0, 2.0
    profile[49] = 12.0
    profile[20] = 50.0  # no start site
    assert tss_enrichment(profile, 50) == 8
    profile[:2] = profile[-2:] = 0
    assert tss_enrichment(profile, 50) is None
    assert distances(4, 50) == [-75, -25, 25, 75]


def write_deeptools(folder):
    bins = [str(n) for n in range(1, 9)]
    lines = ["bin labels\t\t-0.2Kb\t\t\t\tTSS\t\t\t0.2Kb\t", "bins\t\t" + "\t".join(f"{n}.0" for n in bins)]
    rows = {"s": [1, 1, 1, 9, 9, 1, 1, 1], "s A": [1, 1, 1, 4, 4, 1, 1, 1], "s B": [1, 1, 1, 6, 6, 1, 1, 1]}
    lines += ["\t".join([name, "genes", *map(str, row)]) for name, row in rows.items()]
    (folder / "tss.tsv").write_text("\n".join(lines) + "\n")
    lines = ["#plotPCA --outFileNameData", "Component\ts A\ts B\tEigenvalue", "1\t-2\t2\t9", "2\t1\t-1\t1"]
    (folder / "pca.tsv").write_text("\n".join(lines) + "\n")


def test_tables_of_deeptools_are_read(tmp_path):
    write_deeptools(tmp_path)
    profiles = read_profiles(tmp_path / "tss.tsv")
    assert list(profiles) == ["s", "s A", "s B"]
    assert profiles["s B"].tolist() == [1, 1, 1, 6, 6, 1, 1, 1]
    points, explained = read_components(tmp_path / "pca.tsv")
    assert points == {"s A": (-2, 1), "s B": (2, -1)}
    assert explained == (0.9, 0.1)
    for read, name in ((read_profiles, "pca.tsv"), (read_components, "tss.tsv")):
        with pytest.raises(InputError, match="not a table of"):
            read(tmp_path / name)


def test_the_step_sums_up_samples_and_controls(tmp_path):
    write_deeptools(tmp_path)
    for name in ("s", "input"):
        (tmp_path / f"{name}.json").write_text(json.dumps(STATS))
    table = counts([80], [20], [60])
    for place, (column, value) in enumerate({"region": "r", "chrom": "1", "start": 1, "end": 9}.items()):
        table.insert(place, column, value)
    table.insert(4, "sample", "s")
    table.to_csv(tmp_path / "counts.tsv", sep="\t", index=False)
    command = [
        sys.executable,
        SRC / "summarise_libraries.py",
        "--samples",
        "s",
        "input",
        "--haplotypes",
        "A",
        "B",
    ]
    command += ["--assignments", tmp_path / "s.json", tmp_path / "input.json", "--bin-size", "50"]
    command += ["--counts", tmp_path / "counts.tsv", "--profiles", tmp_path / "tss.tsv"]
    command += ["--components", tmp_path / "pca.tsv", "--out", tmp_path / "out.tsv"]
    done = subprocess.run([*command, "--out-content", tmp_path / "content"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "out.tsv", sep="\t", index_col="sample")
    assert list(found.columns) == COLUMNS[1:]
    assert found.loc["s", ["in_regions_all", "in_regions_a", "in_regions_b"]].tolist() == [0.4, 0.4, 0.2]
    assert found.loc["s", [f"tss_enrichment_{name}" for name in ("all", "a", "b")]].tolist() == [9, 4, 6]
    assert found["library_size"].tolist() == [round(library_size(500, 400))] * 2
    assert found.loc["input"].drop(["fragments", "duplicate_share", "library_size"]).isna().all()
    content = {path.name: json.loads(path.read_text()) for path in (tmp_path / "content").iterdir()}
    general = content["libraries_general_mqc.json"]["data"]
    assert general["s"]["in_regions_a"] == 40 and general["s"]["duplicate_share"] == 20
    assert set(general["input"]) == {"library_size", "duplicate_share"}
    assert content["libraries_tss_mqc.json"]["data"]["s B"][3] == [-25, 6]
    points = content["libraries_pca_mqc.json"]["data"]
    assert points["s A"]["x"] == -2 and points["s A"]["color"] != points["s B"]["color"]
    assert points["s A"]["marker_symbol"] == points["s B"]["marker_symbol"]
