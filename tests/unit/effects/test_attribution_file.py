import h5py
import numpy as np
import pytest
from effects_world import LENGTH, GivenModels, linear_model, snv_dataset, trained_like

from deepallele.effects.attributions import gather_attributions, variant_contributions, write_attributions
from deepallele.effects.contributions import contributions
from deepallele.effects.variants import score_variants
from deepallele.errors import InputError


@pytest.fixture
def dataset():
    return snv_dataset(n=11)


@pytest.fixture
def ensemble(dataset):
    return GivenModels(
        [[trained_like("recommended", seed=10 * k + s) for s in (1, 2)] for k in (0, 1)], dataset
    )


def read(path):
    with h5py.File(path) as file:
        return {key: file[key][()] for key in file} | dict(file.attrs)


def test_file_holds_the_mean_of_the_seeds_of_the_fold(dataset, ensemble, tmp_path):
    write_attributions(dataset, ensemble, range(11), "deeplift", "m", tmp_path / "a.h5")
    content = read(tmp_path / "a.h5")
    row = 3  # test in fold 1
    parts = [contributions(model, dataset.sequence[row : row + 1], "deeplift") for model in ensemble.given[1]]
    expected = (parts[0].hypothetical + parts[1].hypothetical) / 2
    np.testing.assert_allclose(content["hypothetical"][row], expected[0], atol=1e-6)
    assert content["hypothetical"].dtype == np.float32
    assert (content["delta"] < 1e-4).all()
    assert (content["method"], content["model"]) == ("deeplift", "m")


def test_chunks_joined_are_the_same_as_all_at_once(dataset, ensemble, tmp_path):
    paths = []
    for i, rows in enumerate((range(5), range(5, 5), range(5, 11))):
        paths.append(tmp_path / f"{i}.h5")
        write_attributions(dataset, ensemble, rows, "deeplift", "m", paths[-1])
    gather_attributions(paths, dataset, tmp_path / "joined.h5")
    write_attributions(dataset, ensemble, range(11), "deeplift", "m", tmp_path / "whole.h5")
    joined, whole = read(tmp_path / "joined.h5"), read(tmp_path / "whole.h5")
    np.testing.assert_allclose(joined["hypothetical"], whole["hypothetical"], atol=1e-6)
    assert joined["region"].tolist() == whole["region"].tolist()
    assert joined["method"] == whole["method"]


def test_same_input_gives_the_same_bytes(dataset, ensemble, tmp_path):
    for name in ("a.h5", "b.h5"):
        write_attributions(dataset, ensemble, range(4), "deeplift", "m", tmp_path / name)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize(
    ("order", "message"),
    [((1, 0), "regions are not rows 0"), ((0,), "5 of the dataset's 11"), ((0, 2), "method is")],
)
def test_chunks_that_do_not_fit_are_refused(dataset, ensemble, tmp_path, order, message):
    chunks = [(range(5), "gradient"), (range(5, 11), "gradient"), (range(5, 11), "ism")]
    paths = [tmp_path / f"{i}.h5" for i in order]
    for i, path in zip(order, paths, strict=True):
        write_attributions(dataset, ensemble, chunks[i][0], chunks[i][1], "m", path)
    with pytest.raises(InputError, match=message):
        gather_attributions(paths, dataset, tmp_path / "joined.h5")
    assert not (tmp_path / "joined.h5").exists()


def test_region_of_no_fold_is_zero_and_counted(dataset, ensemble, tmp_path):
    ensemble.fold[4] = -1
    written = write_attributions(dataset, ensemble, range(11), "deeplift", "m", tmp_path / "a.h5")
    content = read(tmp_path / "a.h5")
    assert written.no_fold == 1
    assert (content["hypothetical"][4] == 0).all()
    assert np.isnan(content["delta"][4])
    assert np.isfinite(np.delete(content["delta"], 4)).all()


def test_contributions_that_are_not_finite_are_refused(dataset, tmp_path):
    broken = GivenModels([[linear_model(np.full((4, LENGTH), np.nan))]] * 2, dataset)
    with pytest.raises(InputError, match="not finite"):
        write_attributions(dataset, broken, range(11), "gradient", "m", tmp_path / "a.h5")


def test_difference_of_alleles_is_the_variant_effect_of_a_linear_model(dataset, tmp_path):
    weight = np.random.default_rng(4).normal(size=(4, LENGTH))
    weight = (weight + weight[::-1, ::-1]) / 2  # the same on both strands
    ensemble = GivenModels([[linear_model(weight)]] * 2, dataset)
    write_attributions(dataset, ensemble, range(11), "deeplift", "m", tmp_path / "a.h5")
    table = score_variants(dataset, ensemble, range(11)).table
    found = variant_contributions(tmp_path / "a.h5", table, dataset)
    np.testing.assert_allclose(found, table["effect"], atol=1e-5)


def test_only_single_bases_inside_the_windows_are_compared(dataset, ensemble, tmp_path):
    write_attributions(dataset, ensemble, range(11), "gradient", "m", tmp_path / "a.h5")
    table = score_variants(dataset, ensemble, range(11)).table
    table.loc[0, "allele_b"] = "AC"
    table.loc[1, "offset_b"] = -1
    table.loc[2, "allele_a"] = "N"
    found = variant_contributions(tmp_path / "a.h5", table, dataset)
    assert np.isnan(found[:3]).all()
    assert np.isfinite(found[3:]).all()
