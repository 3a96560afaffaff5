"""A search's space, its draws, and what is collected of its trials."""

import copy
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from model_world import TYPES

from deepallele.config import check_config, load_schema
from deepallele.errors import InputError
from deepallele.model.presets import PRESETS, model_config
from deepallele.report.search import draw_search
from deepallele.search import space as search
from deepallele.search.results import best_settings, collect_trials
from deepallele.search.score import failed_result, trial_result
from deepallele.search.space import Choice, Range, draw_trial, read_space, settings_of, with_settings

SCHEMA = load_schema(Path(__file__).parents[3] / "workflow" / "schemas" / "config.schema.yaml")
LOG_LR = {"low": 1e-4, "high": 1e-1, "log": True}
SPACE = {
    "training.lr": LOG_LR,
    "architecture.channels": {"low": 4, "high": 6},
    "architecture.pooling": ["avg", "max"],
}


def space_of(**entries):
    keys = {name.replace("__", "."): entry for name, entry in entries.items()}
    return read_space({"type": "recommended"}, keys or SPACE, "mine")


def test_the_same_seed_and_trial_give_the_same_settings():
    space = space_of()
    assert draw_trial(space, 3, 7) == draw_trial(space, 3, 7)
    assert draw_trial(space, 3, 7) != draw_trial(space, 3, 8)
    assert draw_trial(space, 3, 7) != draw_trial(space, 4, 7)
    # Written down once: a new version of Python or of this code must not change finished trials.
    assert draw_trial(space, 1, 1) == {
        "architecture.channels": 6,
        "architecture.pooling": "max",
        "training.lr": 0.000453008,
    }


def test_trial_0_is_the_model_as_it_is():
    section = {"type": "recommended", "training": {"lr": 0.5}}
    assert draw_trial(space_of(), 1, 0) == {}
    assert with_settings(section, draw_trial(space_of(), 1, 0)) == section


def test_another_order_or_one_more_key_changes_no_other_draw():
    small, large = space_of(), space_of(training__batch_size=[8, 16], **{"training__lr": LOG_LR})
    turned = dict(reversed(small.items()))
    assert draw_trial(turned, 1, 5) == draw_trial(small, 1, 5)
    assert draw_trial(large, 1, 5)["training.lr"] == draw_trial(small, 1, 5)["training.lr"]


def test_whole_numbers_are_drawn_evenly_from_end_to_end():
    drawn = [draw_trial(space_of(), 1, trial)["architecture.channels"] for trial in range(1, 1501)]
    assert all(isinstance(value, int) for value in drawn)
    assert [drawn.count(value) / 1500 for value in (4, 5, 6)] == pytest.approx([1 / 3] * 3, abs=0.05)


def test_log_draws_are_uniform_in_the_logarithm_and_others_in_the_value():
    space = space_of(training__lr=LOG_LR, training__weight_decay={"low": 1e-4, "high": 1e-1})
    draws = [draw_trial(space, 1, trial) for trial in range(1, 1501)]
    logs = np.log10([values["training.lr"] for values in draws])
    plain = np.array([values["training.weight_decay"] for values in draws])
    assert np.histogram(logs, bins=[-4, -3, -2, -1])[0] / 1500 == pytest.approx([1 / 3] * 3, abs=0.05)
    assert (plain < 1e-2).mean() == pytest.approx(0.1, abs=0.03)
    assert abs(np.corrcoef(logs, plain)[0, 1]) < 0.1


@pytest.mark.parametrize(
    "entry",
    [
        Range(0.99991, 0.99992),
        Range(1.23456789e-3, 1.23456790e-3, log=True),
        Range(1, 9, log=True, whole=True),
        Range(0, 3, whole=True),
    ],
)
def test_no_draw_leaves_its_range(entry):
    drawn = [entry.at(u) for u in (0.0, 0.3, 0.7, math.nextafter(1.0, 0.0))]
    assert all(entry.low <= value <= entry.high for value in drawn)
    assert not entry.whole or (drawn[0], drawn[-1]) == (entry.low, entry.high)


def test_a_list_gives_each_of_its_values():
    assert [Choice(("a", "b", "c")).at(u) for u in (0.0, 0.5, 0.99)] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", TYPES)
def test_the_default_space_fits_its_type_and_holds_the_presets_values(kind):
    space = read_space({"type": kind}, None)
    assert set(space) >= {"training.lr", "architecture.dropout"}
    for key, own in settings_of(PRESETS[kind], space).items():
        entry = space[key]
        assert own in entry.values if isinstance(entry, Choice) else entry.low <= own <= entry.high
    for trial in range(50):
        model_config(with_settings({"type": kind}, draw_trial(space, 1, trial)))


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({}, "'search.space' is empty"),
        ({"lr": [1]}, "'search.space.lr': unknown; write training.<setting>"),
        ({"training.": [1]}, "'search.space.training.': unknown"),
        ({"interpret.model": ["a"]}, "'search.space.interpret.model': unknown"),
        ({"training.learning_rate": [1]}, "search.space.training.learning_rate: unknown key; known are"),
        ({"architecture.hidden": LOG_LR}, "search.space.architecture.hidden: unknown key"),
        ({"training.lr": 1e-3}, "'search.space.training.lr' is 0.001; give a list of values, or {low"),
        ({"training.lr": []}, "'search.space.training.lr' is []"),
        ({"training.lr": {"low": 1}}, "'search.space.training.lr' is {'low': 1}"),
        ({"training.lr": {"low": 1, "high": 2, "step": 1}}, "'step': 1}; give a list"),
        ({"training.lr": ["1e-3"]}, "search.space.training.lr is '1e-3'; use a number"),
        ({"training.lr": {"low": "a", "high": 1}}, "search.space.training.lr is 'a'; use a number"),
        ({"training.lr": {"low": 0.1, "high": 0.1}}, "low 0.1 is not below high 0.1"),
        ({"training.lr": {"low": 0.1, "high": math.inf}}, "low 0.1 is not below high inf; two finite"),
        ({"training.lr": {"low": 0.2, "high": math.nan}}, "low 0.2 is not below high nan"),
        ({"training.lr": {"low": 0, "high": 1, "log": True}}, "low is 0; with log: true it must be above 0"),
        ({"training.lr": {"low": 1, "high": 2, "log": 10}}, "log is 10; use true or false"),
        ({"training.epochs": {"low": 1.5, "high": 3}}, "search.space.training.epochs is 1.5; use a whole"),
        ({"training.epochs": [2, 0]}, "search.space.training.epochs is 0; use 1 or more"),
        ({"architecture.dropout": {"low": 0, "high": 1}}, "architecture.dropout is 1; use less than 1"),
        (
            {"architecture.pooling": {"low": "avg", "high": "max"}},
            "low and high are for numbers; give a list",
        ),
        ({"training.swap": {"low": False, "high": True}}, "low and high are for numbers"),
        ({"architecture.pooling": ["avg", "median"]}, "architecture.pooling is 'median'; use one of avg"),
    ],
)
def test_a_bad_space_is_told_with_key_and_value(space, words):
    with pytest.raises(InputError) as error:
        read_space({"type": "recommended"}, space, "mine")
    assert words in str(error.value)
    assert "\n" not in str(error.value) and "models.mine" not in str(error.value)


CONFIG = {
    "seed": 7,
    "samples": "s.tsv",
    "reference": {"fasta": "a.fa", "vcf": "a.vcf"},
    "cross": {
        "name": "AxB",
        "haplotypes": [
            {"name": "A", "source": "reference"},
            {"name": "B", "source": "vcf", "vcf_sample": "S"},
        ],
    },
    "models": {"recommended": {"type": "recommended", "seeds": [1, 2]}},
}


def checked(**section):
    return check_config({**copy.deepcopy(CONFIG), "search": section}, SCHEMA, "c.yaml")


def test_a_search_is_off_by_default_and_has_the_runs_seed():
    section = checked()["search"]
    assert section == {"model": None, "trials": 20, "fold": 0, "seed": 7, "epochs": None, "space": None}
    assert checked(model="recommended", seed=2)["search"]["seed"] == 2


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"model": "other"}, "'search.model': no model 'other'; one of recommended"),
        ({"modell": "recommended"}, "unknown key 'modell' in 'search'; did you mean 'model'?"),
        ({"model": "recommended", "trials": 1}, "'search.trials': 1 is less than"),
        ({"model": "recommended", "fold": 5}, "'search.fold': 5; use 0 to 4"),
        ({"model": "recommended", "space": []}, "'search.space': [] is not of type"),
        ({"model": "recommended", "space": {"training.lr": [-1]}}, "search.space.training.lr is -1"),
        (
            {"model": "recommended", "epochs": 3, "space": {"training.epochs": [1, 2]}},
            "'search.epochs': training.epochs is in search.space; remove one of the two",
        ),
    ],
)
def test_a_bad_section_is_told_with_its_key(section, words):
    with pytest.raises(InputError) as error:
        checked(**section)
    assert str(error.value).startswith("c.yaml: ") and words in str(error.value)


def test_settings_that_do_not_go_together_are_found_before_any_job(monkeypatch):
    def picky(section, name="model"):
        if len(section.get("training", {})) == 2:
            raise InputError("these exclude each other")
        return model_config(section, name)

    monkeypatch.setattr(search, "model_config", picky)
    space = {"training.lr": [0.1], "training.shift": [1]}
    with pytest.raises(InputError, match=r"'search.space': of trial 1, these exclude each other"):
        checked(model="recommended", space=space)


def scores(ratio, a=0.2, b=0.4):
    return {
        "epochs": 3,
        "best_epoch": 1,
        "validation": {"ratio_pearson": ratio, "count_a_pearson": a, "count_b_pearson": b},
        "test": {"ratio_pearson": 0.99},
    }


def test_the_score_is_that_of_the_log_ratio_or_of_a_single_heads_count():
    result = trial_result(PRESETS["recommended"], scores(0.5))
    assert (result["score"], result["validation_count_r"]) == (0.5, pytest.approx(0.3))
    for haplotype, score in (("A", 0.2), ("B", 0.4), ("both", 0.3)):
        single = replace(PRESETS["single_head"], train_on=haplotype)
        assert trial_result(single, scores(0.5))["score"] == pytest.approx(score)


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_training_that_broke_down_has_no_score(missing):
    result = trial_result(PRESETS["recommended"], scores(missing, missing))
    assert result["score"] is None and result["validation_count_r"] is None
    assert result["failed"] == "no finite validation score"


def record(trial, score, **settings):
    result = trial_result(PRESETS["recommended"], scores(score))
    shared = {"model": "mine", "type": "recommended", "fold": 0, "seed": 1}
    return {**shared, "trial": trial, "settings": settings, **result}


def records():
    made = [
        record(trial, score, **{"training.lr": lr, "architecture.pooling": kind})
        for trial, score, lr, kind in [
            (0, 0.3, 0.01, "max"),
            (1, 0.1, 0.001, "avg"),
            (2, 0.4, 0.02, "max"),
            (3, 0.4, 0.03, "avg"),
        ]
    ]
    lost = record(4, None, **{"training.lr": 1e9, "architecture.pooling": "avg"})
    return [*made, {**lost, **failed_result("it broke down")}]


def test_the_table_has_the_best_trial_first_and_failed_ones_last():
    table = collect_trials(records()[::-1])
    assert table["trial"].tolist() == [2, 3, 0, 1, 4]
    assert table.columns[:4].tolist() == ["trial", "architecture.pooling", "training.lr", "score"]
    assert table["failed"].tolist() == [None] * 4 + ["it broke down"]
    assert not [name for name in table.columns if "test" in name]


def test_the_best_settings_can_be_pasted_into_the_model():
    section = {"type": "recommended", "training": {"epochs": 5, "lr": 1.0}, "architecture": {"bins": 2}}
    text = best_settings(section, records())
    assert yaml.safe_load(text) == {
        "architecture": {"bins": 2, "pooling": "max"},
        "training": {"epochs": 5, "lr": 0.02},
    }
    assert "trial 2: validation score 0.4000; the model's own settings have 0.3000" in text
    model_config({"type": "recommended", **yaml.safe_load(text)})


def test_where_no_trial_is_better_the_models_own_settings_stay():
    text = best_settings({"type": "recommended", "training": {"epochs": 5}}, records()[:2])
    assert yaml.safe_load(text) == {"architecture": {}, "training": {"epochs": 5}}
    assert "no trial was better" in text


def test_trials_of_different_searches_and_all_failed_are_refused():
    one, other, *_ = records()
    for change in ({"seed": 2}, {"fold": 1}, {"model": "other"}, {"settings": {"training.lr": 1}}):
        with pytest.raises(InputError, match="trials 0 and 1 are of different searches"):
            collect_trials([one, {**other, **change}])
    with pytest.raises(InputError, match="all 1 trials failed; trial 4: it broke down"):
        collect_trials(records()[4:])


def test_the_figure_has_a_panel_per_setting_and_the_same_bytes_again():
    drawn = draw_search(collect_trials(records()))
    assert drawn == draw_search(collect_trials(records()[::-1]))
    # Three drawn trials and, apart, the model's own settings in each panel; between them the legend.
    parts = [part.split(b"</g>\n   <g id=")[0] for part in drawn.split(b'id="PathCollection_')[1:]]
    points = [part.count(b"<use ") for part in parts]
    assert (len(points), points[:2], points[4:]) == (6, [3, 1], [3, 1])
    assert b"<dc:date>" not in drawn
