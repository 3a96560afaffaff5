"""A training that is killed and started again ends as one that was not."""

import multiprocessing
import os
import signal

import pytest
import pytorch_lightning as pl
import torch
from model_world import planted_dataset, small_config

from deepallele.model.checkpoint import read_checkpoint
from deepallele.model.train import train_model

EPOCHS = 4
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["deepallele.model.train"])


class Kill(pl.Callback):
    """Kill this process, by default with signal 9, in a hook of an epoch: amid it or after validation."""

    def __init__(self, hook, epoch, number=signal.SIGKILL):
        self.hook, self.epoch, self.number = hook, epoch, number

    def _kill(self, hook, trainer):
        if hook == self.hook and trainer.current_epoch == self.epoch:
            os.kill(os.getpid(), self.number)

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        if batch_idx == 1:
            self._kill("batch", trainer)

    def on_validation_end(self, trainer, module):
        self._kill("validation", trainer)

    def on_fit_end(self, trainer, module):
        self._kill("end", trainer)


def settings(**training):
    return small_config("recommended", **{"epochs": EPOCHS, "ema_decay": 0.9, "shift": 2, **training})


def fit(folder, callbacks=(), **training):
    torch.set_num_threads(1)
    train_model(
        planted_dataset(160), settings(**training), 0, 1, 10, folder / "model.ckpt", folder / "logs", "cpu",
        callbacks=callbacks,
    )  # fmt: skip


def killed(folder, hook, epoch, **training):
    process = CONTEXT.Process(target=fit, args=(folder, [Kill(hook, epoch)]), kwargs=training)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not (folder / "model.ckpt").exists()


def assert_same(one, other):
    first, second = (read_checkpoint(folder / "model.ckpt")["state_dict"] for folder in (one, other))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert (one / "logs" / "metrics.csv").read_text() == (other / "logs" / "metrics.csv").read_text()
    assert sorted(path.name for path in other.iterdir()) == ["logs", "model.ckpt"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    fit(folder)
    assert len((folder / "logs" / "metrics.csv").read_text().splitlines()) == EPOCHS + 1
    return folder


@pytest.mark.parametrize(
    ("hook", "epoch", "message"),
    [
        ("batch", 0, "from the start"),
        ("batch", 2, "going on after epoch 1"),
        ("validation", 2, "going on after epoch 1"),
        ("end", EPOCHS, "going on after epoch 3"),
    ],
)
def test_same_weights_as_without_the_kill(tmp_path, whole, capsys, hook, epoch, message):
    killed(tmp_path, hook, epoch)
    fit(tmp_path)
    assert message in capsys.readouterr().out
    assert_same(whole, tmp_path)


def test_killed_twice(tmp_path, whole):
    killed(tmp_path, "batch", 1)
    killed(tmp_path, "batch", 3)
    fit(tmp_path)
    assert_same(whole, tmp_path)


def test_killed_after_it_had_stopped_early(tmp_path_factory):
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    patience = {"epochs": 12, "patience": 1, "lr": 1e-8, "schedule": "constant"}
    fit(one, **patience)
    epochs = len((one / "logs" / "metrics.csv").read_text().splitlines()) - 1
    assert epochs < 12
    killed(other, "end", epochs, **patience)
    fit(other, **patience)
    assert_same(one, other)


def test_other_settings_start_anew(tmp_path, capsys):
    killed(tmp_path, "batch", 2)
    fit(tmp_path, lr=1e-3)
    told = capsys.readouterr().out
    assert "of other settings, data or code: from the start" in told
    assert "from the start" in told.splitlines()[-EPOCHS - 1]


def test_a_damaged_checkpoint_starts_anew(tmp_path, whole):
    killed(tmp_path, "batch", 2)
    (tmp_path / "model.ckpt.unfinished" / "last.ckpt").write_bytes(b"half of it")
    fit(tmp_path)
    assert_same(whole, tmp_path)


def test_asked_to_end_it_fails_and_goes_on_later(tmp_path, whole):
    process = CONTEXT.Process(target=fit, args=(tmp_path, [Kill("batch", 2, signal.SIGTERM)]))
    process.start()
    process.join()
    assert process.exitcode == 128 + signal.SIGTERM
    assert not (tmp_path / "model.ckpt").exists()
    fit(tmp_path)
    assert_same(whole, tmp_path)
