"""Published checkpoints: the same predictions as the published code made with them."""

import numpy as np
import pytest
import torch

from deepallele.errors import InputError
from deepallele.model.checkpoint import load_model

NAMES = [
    "cr_small",
    "mh_atac_256",
    "mh_chip551_small",
    "mh_small",
    "mh_small_len330_165bp",
    "mh_small_maxpool_oddpool3",
    "mh_small_nobn_repeat2_h1",
    "mh_small_softmaxpool",
    "sh_atac_256",
    "sh_small",
    "sh_small_clipped",
]


def outputs(model, pairs, single):
    with torch.inference_mode():
        count, log_ratio = model(pairs)
    return count if single else torch.cat([count, log_ratio[:, None]], dim=1)


@pytest.mark.parametrize("name", NAMES)
def test_same_output_as_the_published_code(shared_data, name):
    folder = shared_data / "published_checkpoints"
    rows = slice(None, 4 if name.endswith("256") else None)  # the big networks are slow in double precision
    file = np.load(folder / f"{name}.npz")
    expected = {key: file[key][rows] for key in ("x", "y", "y_float64")}
    pairs = torch.from_numpy(expected["x"].transpose(0, 3, 2, 1).copy())
    model = load_model(folder / f"{name}.ckpt")
    single = name.startswith("sh_")
    np.testing.assert_allclose(outputs(model, pairs, single), expected["y"], rtol=0, atol=2e-5)
    double = outputs(model.double(), pairs.double(), single)
    np.testing.assert_allclose(double, expected["y_float64"], rtol=0, atol=1e-9)


def test_unsupported_pooling_is_said(shared_data, tmp_path):
    content = torch.load(shared_data / "published_checkpoints" / "mh_small.ckpt", weights_only=True)
    content["hyper_parameters"]["pooling_type"] = "attention"
    torch.save(content, tmp_path / "attention.ckpt")
    with pytest.raises(InputError, match="pooling is 'attention'; use one of avg, max, softmax"):
        load_model(tmp_path / "attention.ckpt")
