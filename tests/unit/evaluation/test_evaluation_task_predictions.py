from dataclasses import replace

import numpy as np
import pytest
import torch
from model_world import planted_dataset, small_config

from deepallele.errors import InputError
from deepallele.evaluation.out_of_fold import predict_out_of_fold
from deepallele.evaluation.task_predictions import predict_each_task
from deepallele.model.build import build_network
from deepallele.model.checkpoint import load_model
from deepallele.model.predict import predict_tasks


def two_samples():
    one = planted_dataset(40)
    count = np.concatenate([one.count, one.count[..., [1, 0, 2]]], axis=1)
    return replace(one, count=count, sample=["x", "y"], condition=["p", ""])


def checkpoints(folder, dataset, kind="sample", names=("x", "y"), seeds=(1, 2)):
    config = small_config("recommended", tasks=kind)
    paths = []
    for fold in range(4):
        for seed in seeds:
            torch.manual_seed(10 * fold + seed)
            network = build_network(config, 64, len(names))
            path = folder / f"fold{fold}" / f"seed{seed}" / "model.ckpt"
            path.parent.mkdir(parents=True)
            state = {f"network.{name}": value for name, value in network.state_dict().items()}
            hyper = {"model": config.as_dict(), "length": 64, "tasks": list(names)}
            torch.save({"state_dict": state, "hyper_parameters": hyper}, path)
            paths.append(path)
    return paths


def test_each_region_and_task_has_the_mean_over_the_seeds_of_its_fold(tmp_path):
    dataset = two_samples()
    paths = checkpoints(tmp_path, dataset)
    table = predict_each_task(dataset, paths)
    assert table["region"].tolist() == np.repeat(dataset.region["name"], 2).tolist()
    assert table["task"].tolist() == ["x", "y"] * 40
    row = 6  # is test in fold 2
    models = [load_model(tmp_path / "fold2" / f"seed{seed}" / "model.ckpt") for seed in (1, 2)]
    codes = torch.from_numpy(dataset.sequence[row : row + 1])
    with torch.inference_mode():
        ratios = np.stack([predict_tasks(model, codes).log_ratio[0].numpy() for model in models])
    found = table[table["region"] == dataset.region["name"][row]]
    np.testing.assert_allclose(found["log_ratio"], ratios.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found["log_ratio_sd"], ratios.std(axis=0, ddof=1), rtol=1e-4)
    np.testing.assert_allclose(found["measured_log_ratio"].sum(), 0, atol=1e-6)
    assert (found["informative"] == dataset.count[row, 0, :2].sum()).all()


def test_a_region_is_predicted_by_the_tasks_in_which_it_was_measured(tmp_path):
    dataset = two_samples()
    activity = np.random.default_rng(3).normal(size=(40, 2, 2)).astype(np.float32)
    activity[:15, 0], activity[15:30, 1] = np.nan, np.nan
    dataset = replace(dataset, activity=activity)
    paths = checkpoints(tmp_path, dataset)
    tasks = predict_each_task(dataset, paths)["log_ratio"].to_numpy().reshape(40, 2)
    expected = np.concatenate([tasks[:15, 1], tasks[15:30, 0], tasks[30:].mean(axis=1)])
    table = predict_out_of_fold(dataset, paths, 0, 0.0, 0.0).table
    np.testing.assert_allclose(table["log_ratio"], expected, rtol=1e-4)
    np.testing.assert_allclose(table["measured_log_ratio"], dataset.log_ratio())
    assert np.ptp(tasks, axis=1).mean() > 1e-3


def test_one_task_and_one_seed(tmp_path):
    dataset = two_samples()
    table = predict_each_task(dataset, checkpoints(tmp_path, dataset, "all", ("all",), seeds=(1,)))
    np.testing.assert_allclose(table["measured_log_ratio"], dataset.log_ratio())
    assert table["log_ratio_sd"].isna().all() and table["log_ratio"].notna().all()


def test_samples_without_a_condition_are_in_no_task(tmp_path):
    dataset = two_samples()
    table = predict_each_task(dataset, checkpoints(tmp_path, dataset, "condition", ("p",)))
    assert table["task"].unique().tolist() == ["p"]
    np.testing.assert_array_equal(table["informative"], dataset.count[:, 0, :2].sum(axis=1))


def test_other_samples_than_in_training_are_an_error(tmp_path):
    dataset = two_samples()
    paths = checkpoints(tmp_path, dataset)
    with pytest.raises(
        InputError, match="its tasks are x, z, those of the model x, y; train the model again"
    ):
        predict_each_task(replace(dataset, sample=["x", "z"]), paths)
