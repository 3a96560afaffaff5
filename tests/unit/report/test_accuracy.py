"""Strata, coverage and checks of the models in the report."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from deepallele.report import accuracy


def changed(results, change):
    """The results with changed metrics of all models."""
    copy = replace(results)
    metrics = {model: json.loads(json.dumps(results.metrics[model])) for model in results.models}
    for value in metrics.values():
        change(value)
    copy.__dict__.update(metrics=metrics, dataset=results.dataset)
    return copy


def drawn(results, monkeypatch):
    """The figure that the picture is made of."""
    kept = []
    monkeypatch.setattr(accuracy, "svg", lambda made: kept.append(made) or b"")
    accuracy.strata_picture(results)
    return kept[0]


def test_every_stratum_has_its_size_and_every_model_its_points(results, monkeypatch):
    variants, informative, distance, covered = drawn(results, monkeypatch).axes
    for ax, key in ((variants, "variants"), (informative, "informative"), (distance, "distance")):
        strata = results.metrics["recommended"]["strata"][key]
        expected = [f"{part['label']}\nn {part['n']:,}" for part in strata]
        assert [label.get_text() for label in ax.get_xticklabels()] == expected
        points = [line for line in ax.lines if line.get_label() in results.models]
        assert [line.get_label() for line in points] == results.models
        np.testing.assert_allclose(points[2].get_ydata(), [part["r"] for part in strata])
        assert np.abs(points[0].get_xdata() - points[2].get_xdata()).min() > 0.3
    observed = results.metrics["recommended"]["coverage"]["all"]["observed"]
    np.testing.assert_allclose(covered.lines[-1].get_ydata(), observed)


def test_labels_of_strata_do_not_overlap(results, monkeypatch):
    def widest(metrics):
        strata = [dict(metrics["strata"]["variants"][0], label="200-499", n=9999)] * 6
        metrics["strata"] = dict.fromkeys(("variants", "informative", "distance"), strata)

    made = drawn(changed(results, widest), monkeypatch)
    made.savefig("/dev/null", format="png")
    for ax in made.axes[:3]:
        boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_nothing_to_show_is_said(results):
    def empty(metrics):
        metrics["strata"] = {"variants": [], "distance": []}
        metrics["coverage"]["all"] = {"n": 0, "observed": [None] * 3}
        metrics["sign"]["imbalanced"] = {"n": 0, "accuracy": None, "low": None, "high": None}
        del metrics["identical"], metrics["antisymmetry"]

    copy = changed(results, empty)
    assert accuracy.strata_picture(copy).svg
    row = accuracy.checks_table(copy).rows[0]
    assert row[1:7] == ["NA", "NA", "0", "NA", "NA", "NA"]
    assert row[-1] == "NA"


def test_the_table_tells_what_multi_head_fails(results):
    table = accuracy.checks_table(results)
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert [rows[name]["equal windows"] for name in ("multi_head", "recommended")] == ["0.750", "0.000"]
    assert [rows[name]["exchanged windows"] for name in ("multi_head", "recommended")] == ["1.500", "0.000"]
    sign = results.metrics["recommended"]["sign"]["imbalanced"]
    assert rows["recommended"]["sign right"] == f"{100 * sign['correct'] / sign['n']:.1f} %"
    assert rows["recommended"]["R of single seeds"] == "0.600"
    assert rows["recommended"]["R of counts, single seeds"] == "0.600 / 0.600"


def test_significant_regions_are_shown_where_they_were_tested(results):
    def tested(metrics):
        metrics["sign"]["significant"] = {"n": 40, "accuracy": 0.9}

    assert {row[4] for row in accuracy.checks_table(results).rows} == {"NA"}
    assert {row[4] for row in accuracy.checks_table(changed(results, tested)).rows} == {"90.0 %"}


@pytest.mark.parametrize(("n", "text"), [(0, "0"), (9999, "9,999"), (12345, "12k")])
def test_large_numbers_are_short(n, text):
    assert accuracy._short(n) == text
