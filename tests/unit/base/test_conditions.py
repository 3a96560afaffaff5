"""Conditions of the sample sheet: which are compared, and where peaks must be reproducible."""

import pytest

from deepallele.conditions import (
    check_min_samples,
    check_tasks,
    comparisons,
    counted_units,
    replicate_groups,
    samples_of_conditions,
)
from deepallele.errors import InputError


def unit(sample, condition="", control="", lane="1"):
    return {"sample": sample, "unit": lane, "condition": condition, "control": control}


UNITS = [
    *(unit("b1", "LPS", "in1"), unit("b1", "LPS", "in1", "2"), unit("b2", "LPS"), unit("a1", "0 h")),
    *(unit("a2", "0 h"), unit("c1", "IFN"), unit("d1"), unit("in1", "input")),
]


def config(compare=None, **peaks):
    values = {"regions": None, "min_samples": 1, "reproducible_within": "run"} | peaks
    return {"samples": "s.tsv", "counts": {"compare": compare}, "peaks": values}


def test_samples_of_a_condition_are_sorted_and_no_controls():
    assert samples_of_conditions(UNITS) == {"0 h": ["a1", "a2"], "IFN": ["c1"], "LPS": ["b1", "b2"]}
    assert replicate_groups(UNITS) == {"a1": "1", "a2": "1", "b1": "3", "b2": "3", "c1": "2", "d1": "0"}


def test_groups_of_cells_are_counted_and_the_same_group_of_two_samples_is_replicated():
    units = [unit("a", "old"), unit("b", "old"), unit("c"), unit("d", control="e"), unit("e")]
    counted = counted_units(units, {"a": ["B", "T"], "b": ["T"], "c": ["T"], "d": []})
    names = {row["sample"]: row["condition"] for row in counted}
    assert names == {"a.B": "old.B", "a.T": "old.T", "b.T": "old.T", "c.T": "T", "d": ""}
    assert samples_of_conditions(counted)["old.T"] == ["a.T", "b.T"]


def test_all_conditions_with_replicates_are_compared_unless_pairs_are_named():
    pair = {"0 h": ["a1", "a2"], "LPS": ["b1", "b2"]}
    assert comparisons(config(), UNITS, "c") == {"0-h_vs_LPS": pair}
    assert comparisons(config(), [*UNITS, unit("c2", "IFN")], "c").keys() == {
        *("0-h_vs_IFN", "0-h_vs_LPS", "IFN_vs_LPS")
    }
    assert comparisons(config([]), UNITS, "c") == {}
    assert comparisons(config(), [unit("a"), unit("b")], "c") == {}


def test_a_named_pair_keeps_its_order_and_needs_no_replicates():
    found = comparisons(config([["LPS", "0 h"], ["IFN", "0 h"]]), UNITS, "c")
    assert list(found) == ["LPS_vs_0-h", "IFN_vs_0-h"]
    assert list(found["LPS_vs_0-h"]) == ["LPS", "0 h"]
    assert found["IFN_vs_0-h"] == {"IFN": ["c1"], "0 h": ["a1", "a2"]}


@pytest.mark.parametrize(
    ("conditions", "name"),
    [(("+/+", "-/-"), "+-+_vs_---"), ((".5 µM", "../x"), "-5--M_vs_-.-x"), (("x_vs_y", "z"), "x_vs_y_vs_z")],
)
def test_any_condition_makes_a_file_name(conditions, name):
    units = [unit("a", conditions[0]), unit("b", conditions[1])]
    assert list(comparisons(config([list(conditions)]), units, "c")) == [name]


@pytest.mark.parametrize(
    ("compare", "words"),
    [
        (
            [["LPS", "IL4"]],
            "[LPS, IL4]: no sample of s.tsv has condition 'IL4'; conditions: 0 h, 0/h, IFN, LPS",
        ),
        ([["LPS", "input"]], "all samples of condition 'input' are input controls"),
        ([["LPS", "LPS"]], "cannot be compared with itself"),
        ([["LPS", "0 h"], ["0 h", "LPS"]], "[0 h, LPS]: the pair is given before in the other order"),
        ([["LPS", "0 h"], ["LPS", "0/h"]], "would be named 'LPS_vs_0-h' like those of [LPS, 0 h]"),
    ],
)
def test_pairs_that_cannot_be_compared(compare, words):
    with pytest.raises(InputError) as error:
        comparisons(config(compare), [*UNITS, unit("e", "0/h")], "c.yaml")
    assert str(error.value).startswith("c.yaml: key 'counts.compare': [")
    assert words in str(error.value)


def test_pairs_without_a_column_of_conditions():
    with pytest.raises(InputError, match=r"s.tsv gives no sample a condition; fill its column 'condition'"):
        comparisons(config([["LPS", "0 h"]]), [unit("a"), unit("b")], "c")


def test_peaks_in_more_samples_than_there_are_cannot_be_asked_for():
    units = [unit("a", control="c"), unit("a", control="c", lane="2"), unit("b"), unit("c")]
    assert check_min_samples(config(min_samples=2), units, "c") == []
    with pytest.raises(
        InputError, match=r"c: key 'peaks.min_samples': 3, but s.tsv lists 2 samples; lower it"
    ):
        check_min_samples(config(min_samples=3), units, "c")
    assert check_min_samples(config(min_samples=3, regions="own.bed"), units, "c") == []


def test_peaks_within_a_condition_need_conditions_with_samples_enough():
    within = config(min_samples=2, reproducible_within="condition")
    with pytest.raises(InputError, match=r"s.tsv gives sample 'd1' none; fill its column 'condition'"):
        check_min_samples(within, UNITS, "c")
    units = [one for one in UNITS if one["sample"] != "d1"]
    (note,) = check_min_samples(within, units, "c")
    assert note.startswith("s.tsv: condition 'IFN' has fewer samples (1) than peaks.min_samples, 2")
    within["peaks"]["min_samples"] = 3
    with pytest.raises(InputError, match=r"3, but s.tsv lists at most 2 samples of a condition; lower it"):
        check_min_samples(within, units, "c")


def test_tasks_by_condition_need_conditions():
    asked = {"models": {"m": {"training": {"tasks": "condition"}}, "n": {"training": {}}}}
    check_tasks(asked, UNITS, "config")
    check_tasks({"models": {"m": {"training": {"tasks": "sample"}}}}, [unit("a")], "config")
    with pytest.raises(InputError, match=r"'models.m.training.tasks': condition, but no sample has one"):
        check_tasks(asked, [unit("a"), unit("b")], "config")
