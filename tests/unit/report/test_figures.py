"""What the figures and tables show, checked against the data they come from."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_world import LENGTH

from deepallele.errors import InputError
from deepallele.files import write_json, write_table
from deepallele.report import logos, mechanism, models, motifs, quality, regions, software
from deepallele.report.blocks import Image, Table
from deepallele.report.effects import effects
from deepallele.report.inputs import Results
from deepallele.report.style import contig_order, figure, pearson, svg


def tables(section) -> dict[str, Table]:
    return {block.title: block for block in section.blocks if isinstance(block, Table)}


def test_pearson_leaves_out_missing_values():
    x = np.array([1.0, 2.0, 3.0, np.nan, 5.0])
    assert pearson(x, 2 * x + 1) == pytest.approx(1.0)
    assert np.isnan(pearson([1, 1, 1], [1, 2, 3]))
    assert np.isnan(pearson([1, 2], [1, 2]))


@pytest.mark.parametrize(
    "contigs",
    [["chr1", "chr2", "chr10", "chrM", "chrX"], ["1", "2", "11", "MT", "X"], ["s_9_1", "s_9_2", "s_10_1"]],
)
def test_contigs_are_sorted_as_people_do(contigs):
    assert sorted(contigs, key=contig_order) == contigs


def test_figures_carry_no_date_and_are_reproducible():
    drawn = []
    for _ in range(2):
        with figure(2, 2) as (made, axes):
            axes[0, 0].plot([1, 2], [3, 4])
            drawn.append(svg(made))
    assert drawn[0] == drawn[1]
    assert b"date" not in drawn[0]


def test_classes_of_pairs_add_up(results):
    rows = tables(quality.quality(results))["Read pairs by class"].rows
    by_name = {row[0]: [int(cell.replace(",", "")) for cell in row[1:]] for row in rows[:-2]}
    total = by_name.pop("all")
    assert total == [sum(column) for column in zip(*by_name.values(), strict=True)]
    assert by_name["alpha"] == [510, 511]


def test_the_quality_control_is_shown_with_its_warnings(results):
    section = quality.quality(results)
    rows = {row[0]: row[1:] for row in tables(section)["Quality control"].rows}
    assert rows["fit of the VCF"] == ["fits", "not tested"]
    assert rows["SNPs with both alleles, of the well covered"] == ["98.7 %", "NA"]
    assert rows["SNPs of the reads that the VCF lacks"] == ["0.2 %", "5.1 %"]
    texts = [block.text for block in section.blocks if block.kind == "text"]
    assert texts[1:] == ["Warning, rep<2>: 5.1 % of the SNPs are missing."]


def test_the_most_imbalanced_regions_come_first(results):
    rows = tables(regions.regions(results))["Most imbalanced regions"].rows
    least = results.imbalance.sort_values("p_value")["region"].iloc[0]
    assert rows[0][0] == least
    assert len(rows) == regions.TOP


def test_comparisons_of_conditions_are_listed_where_there_are_any(results):
    assert "Conditions compared" not in tables(regions.regions(results))
    compared = replace(results, comparisons=["t-_vs_c"])
    summary = {"condition_1": {"name": "t>", "samples": ["a", "b"]}, "tested": 1200, "significant": 31}
    summary["condition_2"] = {"name": "c", "samples": ["d"]}
    write_json(summary, results.folder / "counts" / "differential" / "t-_vs_c.json")
    table = tables(regions.regions(compared))["Conditions compared"]
    assert table.rows == [["t> (a, b)", "c (d)", "1,200", "31"]]


def test_scores_give_the_share_of_the_ceiling(results):
    rows = tables(models.models(results))["Scores on test regions"].rows
    assert rows[2][:5] == ["recommended", "recommended", "2", "0.600", "0.020"]
    assert rows[2][6] == "0.750"


def test_an_undefined_r_is_not_available(results, tmp_path):
    copy = replace(results, folder=tmp_path)
    metrics = {model: json.loads(json.dumps(results.metrics[model])) for model in results.models}
    for value in metrics.values():
        value["test"].update(ratio_r=None, ceiling=None)
        value["folds"][0]["test"]["ratio_pearson"] = None
    copy.__dict__.update(metrics=metrics, predictions=results.predictions, dataset=results.dataset)
    rows = tables(models.models(copy))["Scores on test regions"].rows
    assert [row[3] for row in rows] == ["NA"] * 3
    assert [row[6] for row in rows] == ["NA"] * 3


def test_the_strongest_main_variants_of_trusted_regions_are_listed(results):
    rows = tables(effects(results))["Strongest main variants of trusted regions"].rows
    trusted = results.predictions["recommended"].set_index("region")["trusted"]
    assert all(trusted[row[0]] for row in rows)
    sizes = [abs(float(row[4])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert [row[2:4] for row in rows] == [["A", "G"]] * len(rows)


def test_observed_contributions_are_those_of_the_bases_present(results):
    rows = [7, 2]
    observed = logos._observed(results, rows)
    codes = results.dataset.sequence[rows]
    raw = results.contributions([2, 7])[[1, 0]]
    for r, h, p in ((0, 0, 60), (1, 1, 60), (0, 1, 3)):
        expected = np.zeros(4)
        expected[codes[r, h, p]] = raw[r, h, codes[r, h, p], p]
        np.testing.assert_array_equal(observed[r, h, :, p], expected)


def test_variants_outside_a_window_are_not_drawn(results):
    copy = replace(results)
    outside = results.variants.copy()
    strongest = outside["effect"].abs().idxmax()
    outside.loc[strongest, "offset_b"] = LENGTH
    copy.__dict__.update(variants=outside, predictions=results.predictions, dataset=results.dataset)
    assert outside.loc[strongest, "region"] in set(logos._choose(results)["region"])
    assert outside.loc[strongest, "region"] not in set(logos._choose(copy)["region"])


def test_motifs_have_logos_and_names(results):
    found = tables(motifs.motifs(results))
    first, second = found["Clusters of seqlets"].rows
    assert isinstance(first[1], Image)
    assert first[2:4] == ["CTCF, CTCFL", "1.0e-07"]
    assert second[2] == "no match"
    assert [row[0] for row in found["TF-MoDISco patterns"].rows] == ["modisco_pos_0", "modisco_neg_0"]


def test_patterns_are_in_natural_order():
    names = ["modisco_neg_0", "modisco_pos_10", "modisco_pos_2"]
    assert sorted(names, key=motifs._natural) == ["modisco_pos_2", "modisco_pos_10", "modisco_neg_0"]


def test_explained_regions_are_trusted_and_in_a_motif(results):
    rows = tables(mechanism.mechanism(results))["Explained regions"].rows
    table = results.mechanisms.set_index("region")
    assert rows
    assert all(table.loc[row[0], "trusted"] and table.loc[row[0], "in_motif"] for row in rows)


def test_many_clusters_are_summed_up(results, tmp_path):
    shares = pd.DataFrame({"cluster": [*range(30), -1], "n_main": [*range(30, 0, -1), 5]})
    shares = shares.assign(motif=[*(f"cluster_{k}" for k in range(30)), None], tf=None)
    shares = shares.assign(share_main=shares["n_main"] / shares["n_main"].sum())
    write_table(shares, tmp_path / "mechanism" / "recommended" / "clusters.tsv")
    names, values = mechanism._bars(replace(results, folder=tmp_path).cluster_shares)
    assert len(names) == mechanism.BARS + 2
    assert names[-2:] == ["other clusters", "outside any motif"]
    assert sum(values) == pytest.approx(1)


def test_pinned_versions_of_environments_are_listed(tmp_path):
    path = tmp_path / "tool.yaml"
    path.write_text("dependencies:\n  - samtools=1.24\n  - pip:\n      - thing==2.0\n")
    section = software.software([path])
    assert "tool: samtools=1.24 thing==2.0" in section.blocks[-1].text
    seen = dict(section.blocks[1].rows)
    assert seen["numpy"] == np.__version__


def test_a_damaged_json_is_named(tmp_path):
    write_json([1], tmp_path / "list.json")
    (tmp_path / "cut.json").write_text("{")
    broken = Results(tmp_path, {}, [])
    for name in ("list.json", "cut.json"):
        with pytest.raises(InputError, match=name):
            broken.json(name)
