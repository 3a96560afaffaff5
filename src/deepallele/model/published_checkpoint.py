"""Checkpoints of the published models: their settings and parameter names in ours.

The published model returns natural logarithms, as it was trained on; nothing is rescaled here.
"""

import re
from typing import Any

from torch import Tensor

from deepallele.errors import InputError
from deepallele.model.presets import ModelConfig, model_config

SIZES = {
    "kernel_number": "kernel_number",
    "kernel_length": "kernel_length",
    "filter_number": "filter_number",
    "kernel_size": "kernel_size",
    "conv_layers": "conv_layers",
    "conv_repeat": "conv_repeat",
    "dilation": "dilation",
    "pooling_type": "pooling",
    "pooling_size": "pooling_size",
    "hidden_size": "hidden",
    "h_layers": "h_layers",
    "dropout": "dropout",
    "first_batch_norm": "first_batch_norm",
    "all_batch_norm": "all_batch_norm",
}
UNSUPPORTED = {"mask": None, "activation": False, "padding": "same"}
DENSE_LAYER = 3  # linear, ReLU, dropout


def translate(hyper: dict[str, Any], state: dict[str, Tensor]) -> tuple[ModelConfig, int, dict[str, Tensor]]:
    """Settings, window length and weights of a published checkpoint.

    Parameters
    ----------
    hyper
        Its hyper-parameters.
    state
        Its parameters.

    Returns
    -------
    tuple[ModelConfig, int, dict[str, Tensor]]
        Our settings, L (bases per haplotype; `input_length` counts both strands), our parameters.

    Raises
    ------
    InputError
        If it uses an option that is not supported.
    """
    for key, only in UNSUPPORTED.items():
        if hyper.get(key, only) != only:
            raise InputError(f"published checkpoint: {key} is {hyper[key]!r}; only {only!r} is supported")
    sizes = {ours: hyper[theirs] for theirs, ours in SIZES.items() if theirs in hyper}
    kind = _kind(state)
    if kind == "single_head":
        sizes["final_relu"] = True
    config = model_config({"type": kind, "architecture": sizes}, "published")
    last = DENSE_LAYER * int(hyper["h_layers"])
    weights = {_our_name(name, last): value for name, value in state.items()}
    return config, int(hyper["input_length"]) // 2, weights


def _kind(state: dict[str, Tensor]) -> str:
    if "out.0.weight" in state:
        return "single_head"
    return "multi_head" if "ratio_out.0.weight" in state else "computed_ratio"


def _our_name(name: str, last: int) -> str:
    layer, _, rest = name.partition(".")
    if layer == "conv0":
        return f"trunk.first.{rest}"
    if layer == "convlayers":
        number, _, inner = rest.partition(".")
        if number == "0":
            return f"trunk.second.{inner}"
        return f"trunk.body.{int(number) - 1}.{inner.replace('_module.', 'block.')}"
    if layer == "fc0":
        return f"trunk.dense.{rest}"
    head = "ratio_head" if layer.startswith("ratio_") else "count_head"
    hidden = re.fullmatch(r"(\d+)\.0\.(\w+)", rest)
    if hidden:
        return f"{head}.{DENSE_LAYER * int(hidden[1])}.{hidden[2]}"
    return f"{head}.{last}.{rest.removeprefix('0.')}"
