"""Extreme variants over samples, their mask, and the content of MultiQC."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from quality_world import Pairs, count, make_world, write_reads

from deepallele.files import write_table
from deepallele.quality.checks import contradicted
from deepallele.quality.extremes import extreme_variants, false_variants, mask
from deepallele.quality.multiqc import write_content
from deepallele.quality.summary import summarise_quality

ROOT = Path(__file__).resolve().parents[3]


def table(counts, bases=None):
    """Counts of SNPs every 100 bases; each row is (pairs of A, pairs of B)."""
    counts = np.array(counts)
    bases = counts if bases is None else np.array(bases)
    columns = {"chrom": "1", "pos": 100 * np.arange(len(counts)), "ref": "A", "alt": "C", "class": "snp"}
    frame = pd.DataFrame(columns, index=range(len(counts))).assign(haplotype_alt="B")
    frame[["count_a", "count_b"]] = counts
    frame["count_ambiguous"] = 0
    frame[["base_a", "base_b"]] = bases
    return frame.assign(base_other=0)


def samples(folder, *tables):
    paths = {}
    for number, one in enumerate(tables):
        paths[f"s{number}"] = folder / f"s{number}.tsv.gz"
        write_table(one, paths[f"s{number}"])
    return paths


BALANCED = [(25, 25)] * 30


def test_an_isolated_extreme_site_is_masked_and_an_extreme_neighbourhood_is_not(tmp_path):
    rows = list(BALANCED)
    rows[3] = (40, 1)
    rows[14:25] = [(1, 45)] * 11
    found = extreme_variants(samples(tmp_path, table(rows), table(rows)))
    verdicts = dict(zip(found["pos"], found["neighbours"], strict=True))
    assert verdicts.pop(300) == "balanced"
    assert set(verdicts) == set(range(1400, 2500, 100))
    assert verdicts[1900] == "agree"
    first = found.set_index("pos").loc[300]
    assert first[["s0_a", "s0_b", "s1_a", "s1_b", "samples_tested"]].tolist() == [40, 1, 40, 1, 2]
    assert first["neighbour_bases"] == 2 * 50 * 8
    bed = mask(found[found["pos"] < 400], found.iloc[:0])
    assert bed.to_numpy().tolist() == [["1", 300, 301, "A>C:extreme"]]


@pytest.mark.parametrize("second", [(25, 25), (1, 40)])
def test_what_is_not_extreme_alike_in_all_samples_is_not_listed(tmp_path, second):
    one, other = list(BALANCED), list(BALANCED)
    one[3], other[3] = (40, 1), second
    assert len(extreme_variants(samples(tmp_path, table(one), table(other)))) == 0


def test_samples_that_are_extreme_to_different_sides_agree_on_nothing(tmp_path):
    one, other = list(BALANCED), list(BALANCED)
    # Together still extreme to A.
    one[3], other[3] = (400, 1), (1, 22)
    assert len(extreme_variants(samples(tmp_path, table(one), table(other)))) == 0


def test_a_sample_without_enough_pairs_has_no_say_but_half_must_have(tmp_path):
    one, few = list(BALANCED), list(BALANCED)
    one[3], few[3] = (40, 1), (2, 2)
    paths = samples(tmp_path, table(one), table(few), table(few))
    assert extreme_variants(dict(list(paths.items())[:2]))["pos"].tolist() == [300]
    assert len(extreme_variants(paths)) == 0


def test_a_skewed_sample_is_compared_with_its_own_balance(tmp_path):
    rows = [(46, 4)] * 30
    assert len(extreme_variants(samples(tmp_path, table(rows)))) == 0


def test_no_rows_at_all(tmp_path):
    paths = samples(tmp_path, table(BALANCED).iloc[:0])
    extreme, false = extreme_variants(paths), false_variants(paths)
    assert len(extreme) == len(false) == len(mask(extreme, false)) == 0
    assert "s0_a" in extreme.columns


def test_false_snps_of_all_samples_together_are_masked(tmp_path):
    # Six pairs of each sample are too few alone: 0.5 ** 6.
    rows = [(3, 3)] * 30
    rows[10] = (6, 0)
    paths = samples(tmp_path, *[table(rows)] * 3)
    assert len(false_variants({"s0": paths["s0"]})) == 0
    false = false_variants(paths)
    assert false["pos"].tolist() == [1000]
    assert mask(extreme_variants(paths), false)["name"].tolist() == ["A>C:false"]


@pytest.mark.parametrize(
    ("neighbours", "tested"), [((0, 0), False), ((5, 4), False), ((5, 5), True), ((9, 0), False)]
)
def test_a_snp_needs_neighbours_to_be_tested(neighbours, tested):
    position, alleles = np.array([1000, 1400, 1600]), np.array([[60, 0], neighbours, [50, 50]])
    found = contradicted(position, alleles)
    assert (found.tested[0], found.false[0]) == (tested, tested)


@pytest.fixture(scope="module")
def stats(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    rng = np.random.default_rng(3)
    world = make_world(rng, length=5000)
    bam = write_reads(folder / "x.bam", [world], [Pairs().add(rng, world, 400)])
    result, *_ = count(folder, [world], bam)
    written = {"informative_A": 190, "informative_B": 170, "ambiguous": 40, "duplicates": 5, "unaligned": 0}
    assignment = written | {"informative_share": 0.9, "pairs_in": 405, "contigs": {}, "bias": 0.5}
    return assignment | {"qc": summarise_quality(result, assignment, [])}


def test_multiqc_content_says_what_allele_stats_says(tmp_path, stats):
    names = ("first<&>", "second")
    paths = write_content({"s 1": stats, "s2": stats}, names, tmp_path)
    content = {path.name: json.loads(path.read_text()) for path in paths}
    assert all(name.endswith("_mqc.json") for name in content)
    general = content["allele_general_mqc.json"]
    assert general["data"]["s 1"]["informative"] == 90
    assert general["data"]["s 1"]["share_a"] == 100 * stats["qc"]["bias"]["overall"]["share"]
    classes = content["allele_classes_mqc.json"]
    assert list(classes["categories"]) == ["informative_A", "informative_B", "ambiguous", "duplicates"]
    assert classes["categories"]["informative_A"]["name"] == names[0]
    assert classes["data"]["s2"]["duplicates"] == 5
    lines = content["allele_insert_size_mqc.json"]["data"]
    assert len(lines) == 6
    for line in lines.values():
        assert [x for x, _ in line] == sorted(x for x, _ in line)
        assert sum(y for _, y in line) == pytest.approx(100, abs=0.01)
    for one in content.values():
        assert set(one["data"]) <= {"s 1", "s2"} or one["plot_type"] == "linegraph"


def test_unknown_numbers_are_left_empty(tmp_path, stats):
    empty = json.loads(json.dumps(stats))
    empty["informative_share"] = None
    empty["qc"]["insert_size"] = None
    empty["qc"]["fit"]["verdict"] = None
    empty["qc"]["bias"]["overall"] |= {"share": None}
    paths = write_content({"s": empty}, ("A", "B"), tmp_path)
    assert "allele_insert_size_mqc.json" not in {path.name for path in paths}
    general = json.loads(paths[0].read_text())
    assert general["data"]["s"] == {"fit": "not tested", "third_base": 0.0}


def test_the_step_writes_the_same_bytes_twice(tmp_path, stats):
    (tmp_path / "s.json").write_text(json.dumps(stats))
    rows = list(BALANCED)
    rows[3] = (40, 1)
    paths = samples(tmp_path, table(rows))
    written = []
    for run in ("one", "two"):
        out = tmp_path / run
        command = [sys.executable, str(ROOT / "src" / "combine_allele_qc.py"), "--samples", "s"]
        command += [
            "--counts",
            str(paths["s0"]),
            "--stats",
            str(tmp_path / "s.json"),
            "--haplotypes",
            "A",
            "B",
        ]
        command += ["--out-extreme", str(out / "e.tsv"), "--out-mask", str(out / "m.bed")]
        done = subprocess.run([*command, "--out-content", str(out)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "extreme variants: 1" in done.stdout
        written.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert written[0] == written[1]
    assert written[0]["m.bed"] == b"1\t300\t301\tA>C:extreme\n"
