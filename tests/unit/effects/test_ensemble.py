from pathlib import Path

import numpy as np
import pytest
import torch
from effects_world import save_checkpoint, trained_like

from deepallele.effects.ensemble import Ensemble, choose_device, test_fold
from deepallele.errors import InputError

test_fold.__test__ = False  # pytest would take the function for a test
SPLIT = np.array([[2, 0, 1, 0], [0, 2, 2, 0]], dtype=np.int8)


def paths(*pairs):
    return [Path(f"models/m/fold{fold}/seed{seed}/model.ckpt") for fold, seed in pairs]


def test_fold_is_the_one_that_tests_the_region():
    np.testing.assert_array_equal(test_fold(SPLIT), [0, 1, 1, -1])


def test_region_in_two_test_folds_is_refused():
    with pytest.raises(InputError, match="several folds"):
        test_fold(np.array([[2], [2]], dtype=np.int8))


def test_blocks_hold_one_fold_each_and_all_rows_once():
    ensemble = Ensemble(paths((0, 1), (1, 1)), np.tile(SPLIT, 5))
    blocks = list(ensemble.blocks(range(3, 17), 3))
    assert sorted(np.concatenate([rows for rows, _ in blocks])) == list(range(3, 17))
    for rows, fold in blocks:
        assert len(rows) <= 3
        assert set(ensemble.fold[rows]) == {fold}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([Path("models/m/model.ckpt")], "fold and seed are unknown"),
        ([], "no checkpoint"),
        (paths((0, 1)), "fold 1"),
        (paths((0, 1), (1, 2)), "every fold needs the same"),
        (paths((0, 1), (0, 1)), "given twice"),
    ],
)
def test_bad_checkpoint_lists_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        Ensemble(given, SPLIT)


def test_fold_without_test_regions_needs_no_checkpoint():
    assert Ensemble(paths((1, 1)), np.array([[0, 0], [2, 2]], dtype=np.int8)).seeds == [1]


def test_models_are_those_of_the_fold_by_ascending_seed(tmp_path):
    given = []
    for fold, seed in ((0, 10), (0, 2), (1, 10), (1, 2)):
        path = tmp_path / f"fold{fold}" / f"seed{seed}" / "model.ckpt"
        save_checkpoint(trained_like("recommended", seed=100 * fold + seed), "recommended", path)
        given.append(path)
    ensemble = Ensemble(given, SPLIT)
    assert ensemble.seeds == [2, 10]
    for model, seed in zip(ensemble.models(1), (2, 10), strict=True):
        expected = trained_like("recommended", seed=100 + seed).score.weight
        assert torch.equal(model.score.weight, expected)
        assert not model.training


def test_absent_gpu_is_said():
    if torch.cuda.is_available():
        assert choose_device("auto").type == "cuda"
    else:
        assert choose_device("auto").type == "cpu"
        with pytest.raises(InputError, match="gpu"):
            choose_device("gpu")
