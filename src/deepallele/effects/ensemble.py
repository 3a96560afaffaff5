"""The models of all folds and seeds, and which of them may judge a region."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from deepallele.dataset.store import TEST
from deepallele.errors import InputError
from deepallele.model.checkpoint import load_model, trained_tasks

NO_FOLD = -1


def test_fold(split: NDArray[np.int8]) -> NDArray[np.int64]:
    """Fold in which each region is test.

    Parameters
    ----------
    split
        int8 (folds, n); 2 is test.

    Returns
    -------
    NDArray[np.int64]
        (n,); -1 where the region is test in no fold.

    Raises
    ------
    InputError
        If a region is test in several folds.
    """
    tested = split == TEST
    several = np.flatnonzero(tested.sum(axis=0) > 1)
    if len(several):
        raise InputError(
            f"dataset: {len(several)} regions (first: row {several[0]}) are test in several folds"
        )
    return np.where(tested.any(axis=0), tested.argmax(axis=0), NO_FOLD)


def choose_device(accelerator: str) -> torch.device:
    """Device for "auto" (a GPU where torch can use one), "cpu" or "gpu".

    Raises
    ------
    InputError
        If a GPU is asked for and there is none.
    """
    if accelerator == "cpu" or (accelerator == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError("accelerator gpu: this machine has none that torch can use; use auto or cpu")
    # TensorFloat-32 keeps 10 bits: enough for training, not for differences of predictions.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda")


class Ensemble:
    """Out-of-fold models: every region is judged only by models that never saw it.

    Parameters
    ----------
    checkpoints
        Paths `.../fold{k}/seed{s}/model.ckpt`; every fold needs the same seeds.
    split
        int8 (folds, n) of the dataset.
    device
        Where the models run.

    Raises
    ------
    InputError
        If a path does not tell fold and seed, one is given twice, or a fold or seed is missing.
    """

    def __init__(
        self, checkpoints: Iterable[Path], split: NDArray[np.int8], device: torch.device | str = "cpu"
    ) -> None:
        self.fold = test_fold(split)
        self.device = torch.device(device)
        self._paths = _by_fold(checkpoints)
        self._loaded: tuple[int, list[nn.Module]] = (NO_FOLD, [])
        missing = sorted(set(self.fold.tolist()) - {NO_FOLD} - set(self._paths))
        if missing:
            raise InputError(f"--checkpoints: none of fold {missing[0]}, the test fold of some regions")

    @property
    def seeds(self) -> list[int]:
        """Seeds, in ascending order."""
        return sorted(next(iter(self._paths.values())))

    @property
    def tasks(self) -> str:
        """Kind of the models' tasks: "all", "condition" or "sample"."""
        first = next(iter(self._paths.values()))
        return trained_tasks(first[self.seeds[0]])[0]

    def models(self, fold: int) -> list[nn.Module]:
        """Models of a fold, one per seed in ascending order; those of one fold are held at a time."""
        if self._loaded[0] != fold:
            paths = self._paths[fold]
            self._loaded = fold, [load_model(paths[seed], self.device) for seed in self.seeds]
        return self._loaded[1]

    def blocks(self, rows: range, size: int) -> Iterator[tuple[NDArray[np.int64], int]]:
        """Cut rows into blocks of one fold each, at most `size` rows; rows of no fold come with fold -1."""
        fold = self.fold[rows.start : rows.stop]
        for k in np.unique(fold):
            mine = np.flatnonzero(fold == k) + rows.start
            for first in range(0, len(mine), size):
                yield mine[first : first + size], int(k)


def _by_fold(checkpoints: Iterable[Path]) -> dict[int, dict[int, Path]]:
    paths: dict[int, dict[int, Path]] = {}
    for path in checkpoints:
        match = re.search(r"(?:^|/)fold(\d+)/seed(\d+)/[^/]+$", Path(path).as_posix())
        if match is None:
            raise InputError(
                f"{path}: fold and seed are unknown; use a path that ends in fold0/seed1/model.ckpt"
            )
        seeds = paths.setdefault(int(match[1]), {})
        if int(match[2]) in seeds:
            raise InputError(f"{path}: fold {match[1]}, seed {match[2]} is given twice")
        seeds[int(match[2])] = Path(path)
    if not paths:
        raise InputError("--checkpoints: no checkpoint is given")
    first, expected = next(iter(paths.items()))
    for fold, seeds in paths.items():
        if set(seeds) != set(expected):
            raise InputError(
                f"--checkpoints: fold {fold} has seeds {sorted(seeds)}, fold {first} has {sorted(expected)}; "
                "every fold needs the same"
            )
    return paths
