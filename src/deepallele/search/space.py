"""Random search of a model's settings: the space, its check, and the settings of each trial.

Only the standard library is used here, because the space is checked inside Snakemake's own environment.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from random import Random
from typing import Any

from deepallele.errors import InputError
from deepallele.model.presets import PRESETS, ModelConfig, model_config

PARTS = ("training", "architecture")

_PUBLISHED: dict[str, Any] = {
    "training.lr": {"low": 3e-5, "high": 3e-3, "log": True},
    "architecture.dropout": {"low": 0.0, "high": 0.5},
    "architecture.hidden": [128, 256, 512],
}
# What is searched where `search.space` is null, by the model's type; the presets' own values lie inside.
DEFAULT_SPACES: dict[str, dict[str, Any]] = {
    "single_head": _PUBLISHED,
    "computed_ratio": _PUBLISHED,
    "multi_head": _PUBLISHED,
    "recommended": {
        "training.lr": {"low": 1e-3, "high": 3e-2, "log": True},
        "training.weight_decay": {"low": 1e-4, "high": 1e-1, "log": True},
        "architecture.dropout": {"low": 0.0, "high": 0.6},
        "architecture.channels": [32, 64, 128],
        "architecture.bins": [1, 2, 4, 8],
    },
}


@dataclass(frozen=True)
class Choice:
    """A setting with a list of values, each as likely as the others."""

    values: tuple[Any, ...]

    def at(self, u: float) -> Any:
        """Value at the quantile u, 0 <= u < 1."""
        return self.values[int(u * len(self.values))]


@dataclass(frozen=True)
class Range:
    """A number between two others, both included; uniform, or log-uniform."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def at(self, u: float) -> float:
        """Value at the quantile u, 0 <= u < 1; six digits, as tables show them."""
        low, high = self.low, self.high + self.whole  # of whole numbers the last one has its share too
        value = low * (high / low) ** u if self.log else low + u * (high - low)
        value = math.floor(value) if self.whole else float(f"{value:.6g}")
        return min(max(value, self.low), self.high)


Space = dict[str, Choice | Range]


def read_space(section: Mapping[str, Any], space: Mapping[str, Any] | None, name: str = "model") -> Space:
    """Check a search space against the model that it is for.

    Parameters
    ----------
    section
        The model's section of the configuration: `type`, `train_on`, `architecture`, `training`.
    space
        For each `training.<setting>` or `architecture.<setting>` a list of values, or a mapping with `low`,
        `high` and, if wanted, `log`; None for the default of the model's type.
    name
        The model's name, for messages.

    Raises
    ------
    InputError
        If a setting is unknown, or what is given for it has the wrong form, type or range.
    """
    model_config(dict(section), name)
    if space is None:
        space = DEFAULT_SPACES[section["type"]]
    if not space:
        raise InputError("key 'search.space' is empty; name a setting, or use null for the default space")
    return {key: _read_entry(section, key, entry, name) for key, entry in space.items()}


def _read_entry(section: Mapping[str, Any], key: str, entry: Any, name: str) -> Choice | Range:
    place = f"key 'search.space.{key}'"
    part, _, setting = str(key).partition(".")
    if part not in PARTS or not setting:
        raise InputError(f"{place}: unknown; write training.<setting> or architecture.<setting>")
    if isinstance(entry, list) and entry:
        _check_values(section, key, entry, name)
        return Choice(tuple(entry))
    if not isinstance(entry, Mapping) or not {"low", "high"} <= set(entry) <= {"low", "high", "log"}:
        raise InputError(f"{place} is {entry!r}; give a list of values, or {{low: ..., high: ..., log: ...}}")
    _check_values(section, key, [entry["low"], entry["high"]], name)
    kind = {field.name: field.type for field in fields(getattr(PRESETS[section["type"]], part))}[setting]
    found = Range(entry["low"], entry["high"], entry.get("log", False), whole=kind is int)
    _check_range(found, kind, place)
    return found


def _check_values(section: Mapping[str, Any], key: str, values: list[Any], name: str) -> None:
    for value in values:
        try:
            model_config(with_settings(section, {key: value}), name)
        except InputError as error:
            raise InputError(str(error).replace(f"models.{name}.", "search.space.")) from None


def _check_range(found: Range, kind: Any, place: str) -> None:
    if kind not in (int, float):
        raise InputError(f"{place}: low and high are for numbers; give a list of values")
    if not isinstance(found.log, bool):
        raise InputError(f"{place}: log is {found.log!r}; use true or false")
    if not found.low < found.high or not math.isfinite(found.high):
        raise InputError(f"{place}: low {found.low} is not below high {found.high}; two finite numbers do")
    if found.log and found.low <= 0:
        raise InputError(f"{place}: low is {found.low}; with log: true it must be above 0")


def draw_trial(space: Space, seed: int, trial: int) -> dict[str, Any]:
    """Settings of one trial, by their keys in the space; none for trial 0, the model as it is.

    They depend on the seed, the trial and each key alone: more trials, another order of the keys or one
    more key change no other draw.
    """
    if trial == 0:
        return {}
    # Seeded by a text, `random` gives the same numbers on every machine and in every version of Python.
    return {key: entry.at(Random(f"{seed} {trial} {key}").random()) for key, entry in sorted(space.items())}


def with_settings(section: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give a model's section with drawn settings put into its `training` and `architecture`."""
    changed = dict(section)
    for key, value in settings.items():
        part, _, setting = key.partition(".")
        changed[part] = {**(changed.get(part) or {}), setting: value}
    return changed


def settings_of(config: ModelConfig, space: Space) -> dict[str, Any]:
    """Values that a model has for the keys of a space."""
    return {key: getattr(getattr(config, part), name) for key in space for part, name in [key.split(".", 1)]}


def check_search(config: Mapping[str, Any]) -> None:
    """Check the section `search` of a configuration, every trial's settings included.

    Parameters
    ----------
    config
        The whole configuration, its defaults filled in.

    Raises
    ------
    InputError
        If the model, the fold or the space does not fit the rest of the configuration.
    """
    search, models = config["search"], config["models"]
    name = search["model"]
    if name is None:
        return
    if name not in models:
        raise InputError(f"key 'search.model': no model '{name}'; one of {', '.join(sorted(models))}")
    folds = 1 if config["dataset"]["test_chromosomes"] else config["dataset"]["folds"]
    if search["fold"] >= folds:
        raise InputError(f"key 'search.fold': {search['fold']}; use 0 to {folds - 1}, the dataset's folds")
    section = {key: value for key, value in models[name].items() if key != "seeds"}
    space = read_space(section, search["space"], name)
    if search["epochs"] is not None and "training.epochs" in space:
        raise InputError("key 'search.epochs': training.epochs is in search.space; remove one of the two")
    for trial in range(search["trials"]):
        try:
            model_config(with_settings(section, draw_trial(space, search["seed"], trial)), name)
        except InputError as error:
            raise InputError(f"key 'search.space': of trial {trial}, {error}") from None
