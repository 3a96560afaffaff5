import numpy as np
import pandas as pd
import pytest
from effects_world import LENGTH, GivenModels, linear_model, make_dataset, snv_dataset, trained_like

from deepallele.dataset.store import Dataset
from deepallele.effects.variants import model_effects, score_variants, sum_check
from deepallele.errors import InputError
from deepallele.genome.fasta import encode
from deepallele.model.predict import predict

GENERATOR = np.random.default_rng(5)
WEIGHT = GENERATOR.normal(size=(4, LENGTH))


def weight_gain(table, weight):
    a, b = (encode("".join(table[column])) for column in ("allele_a", "allele_b"))
    return weight[a, table["offset_a"]] - weight[b, table["offset_b"]]


def swapped(dataset: Dataset) -> Dataset:
    """The same dataset with the haplotypes exchanged."""
    names = {"allele_a": "allele_b", "allele_b": "allele_a", "offset_a": "offset_b", "offset_b": "offset_a"}
    variant = dataset.variant.rename(columns=names)[list(dataset.variant.columns)]
    return make_dataset(dataset.sequence[:, ::-1].copy(), dataset.start[:, ::-1], variant, len(dataset.split))


@pytest.mark.parametrize("variants", [1, 3])
def test_linear_model_gives_the_difference_of_weights(variants):
    dataset = snv_dataset(variants=variants)
    models = [
        [linear_model(WEIGHT), linear_model(3 * WEIGHT)],
        [linear_model(-WEIGHT), linear_model(-3 * WEIGHT)],
    ]
    table = score_variants(dataset, GivenModels(models, dataset), range(12)).table
    sign = np.where(dataset.variant["region"] % 2 == 0, 1, -1)  # regions are dealt to the folds in turn
    expected = sign * weight_gain(table, WEIGHT)
    for column in ("effect", "effect_in_a", "effect_in_b"):
        np.testing.assert_allclose(table[column], 2 * expected, atol=1e-5)
    np.testing.assert_allclose(table["effect_sd"], np.abs(expected) * np.sqrt(2), atol=1e-5)
    assert table["scored"].all()


def test_effects_of_an_additive_model_sum_up_to_the_log_ratio():
    dataset = snv_dataset()
    scores = score_variants(dataset, GivenModels([[linear_model(WEIGHT)]] * 2, dataset), range(12))
    summed = scores.table["effect"].to_numpy().reshape(12, -1).sum(axis=1)
    np.testing.assert_allclose(summed, scores.log_ratio, atol=1e-5)
    assert sum_check(scores, dataset, range(12)) == pytest.approx(1, abs=1e-6)
    assert scores.table["effect_sd"].isna().all()


def test_exchanged_haplotypes_turn_the_sign_only():
    dataset = snv_dataset()
    model = trained_like("recommended")
    forward, backward = (
        score_variants(data, GivenModels([[model]] * 2, data), range(12)).table
        for data in (dataset, swapped(dataset))
    )
    np.testing.assert_allclose(forward["effect"], -backward["effect"], atol=1e-6)
    np.testing.assert_allclose(forward["effect_in_a"], -backward["effect_in_b"], atol=1e-6)
    assert forward["effect"].abs().min() > 0


@pytest.mark.parametrize("kind", ["recommended", "multi_head", "computed_ratio", "single_head"])
def test_one_variant_at_a_time_gives_the_same(kind):
    dataset = snv_dataset(n=4)
    model = trained_like(kind)
    table = score_variants(dataset, GivenModels([[model]] * 2, dataset), range(4)).table
    for i, variant in dataset.variant.iterrows():
        pair = dataset.sequence[variant["region"]]
        base = predict(model, pair[None])[1][0]
        for haplotype, (side, other) in enumerate(("ab", "ba")):
            edited = pair.copy()
            edited[haplotype, variant[f"offset_{side}"]] = encode(variant[f"allele_{other}"])[0]
            expected = base - predict(model, edited[None])[1][0]
            assert table[f"effect_in_{side}"][i] == pytest.approx(expected, abs=1e-6)


def test_a_change_of_nothing_changes_exactly_nothing():
    dataset = snv_dataset(n=200, length=40)
    model = trained_like("multi_head", length=40)
    row = np.arange(150)
    effect, _ = model_effects(model, dataset.sequence, row, dataset.sequence[row])
    assert (effect == 0).all()


def test_main_variant_is_the_largest_and_the_first_of_equals():
    dataset = snv_dataset(n=3, folds=1)
    weight = np.zeros((4, LENGTH))
    weight[:2] = 1  # every effect is -1, 0 or 1
    table = score_variants(dataset, GivenModels([[linear_model(weight)]], dataset), range(3)).table
    for _, rows in table.groupby("region"):
        size = rows["effect"].abs().round(6).to_numpy()
        assert rows["main"].to_numpy().nonzero()[0].tolist() == [size.argmax()]


def test_variants_that_cannot_be_scored_stay_in_the_table():
    dataset = snv_dataset(n=4, folds=2)
    dataset.split[0, 2] = 0  # region 2 is test in no fold
    wrong = dataset.variant["region"] == 0
    dataset.variant.loc[wrong, "allele_a"] = dataset.variant.loc[wrong, "allele_b"]
    scores = score_variants(dataset, GivenModels([[linear_model(WEIGHT)]] * 2, dataset), range(4))
    unscored = np.isin(dataset.variant["region"], [0, 2])
    np.testing.assert_array_equal(scores.table["scored"], ~unscored)
    np.testing.assert_array_equal(scores.table["effect"].isna(), unscored)
    assert not scores.table.loc[unscored, "main"].any()
    assert (scores.not_placed, scores.no_fold) == (3, 3)
    assert np.isnan(scores.log_ratio[2])
    assert np.isfinite(scores.log_ratio[[0, 1, 3]]).all()


def test_table_says_where_the_variant_is():
    dataset = snv_dataset(n=2, variants=1, folds=1)
    table = score_variants(dataset, GivenModels([[linear_model(WEIGHT)]], dataset), range(2)).table
    pos, ref, alt = dataset.variant.loc[1, ["pos", "ref", "alt"]]
    assert table["variant"][1] == f"1:{pos + 1}:{ref}>{alt}"
    assert table["region"][1] == dataset.region["name"][1]
    assert table["pos"][1] == pos


def test_regions_without_variants_give_an_empty_table_with_all_columns():
    dataset = snv_dataset(n=2, folds=1)
    empty = make_dataset(dataset.sequence, dataset.start, dataset.variant.iloc[:0])
    scores = score_variants(empty, GivenModels([[linear_model(WEIGHT)]], empty), range(2))
    assert len(scores.table) == 0
    assert {"effect", "effect_sd", "main", "scored"} <= set(scores.table.columns)
    assert np.isnan(sum_check(scores, empty, range(2)))


def test_indel_without_genomes_is_refused():
    dataset = snv_dataset(n=1, variants=1, folds=1)
    variant = dataset.variant.assign(allele_b=dataset.variant["allele_b"] + "A")
    indel = make_dataset(dataset.sequence, dataset.start, variant)
    with pytest.raises(InputError, match="--genomes"):
        score_variants(indel, GivenModels([[linear_model(WEIGHT)]], indel), range(1))


def test_predictions_that_are_not_finite_are_refused():
    dataset = snv_dataset(n=2, folds=1)
    with pytest.raises(InputError, match="not finite"):
        score_variants(
            dataset, GivenModels([[linear_model(np.full((4, LENGTH), np.nan))]], dataset), range(2)
        )


def test_chunks_give_the_same_as_all_at_once():
    dataset = snv_dataset(n=11)
    ensemble = GivenModels(
        [[trained_like("recommended", seed=1)], [trained_like("recommended", seed=2)]], dataset
    )
    whole = score_variants(dataset, ensemble, range(11)).table
    parts = [score_variants(dataset, ensemble, rows).table for rows in (range(4), range(4, 4), range(4, 11))]
    joined = pd.concat([part for part in parts if len(part)], ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole, atol=1e-6)
