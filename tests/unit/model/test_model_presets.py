import json

import pytest
from model_world import TYPES

from deepallele.errors import InputError
from deepallele.model.presets import model_config


def test_defaults_are_the_published_atac_values():
    config = model_config({"type": "multi_head"})
    sizes = config.architecture
    assert (sizes.kernel_number, sizes.kernel_length, sizes.filter_number) == (512, 15, 256)
    assert (sizes.pooling_size, sizes.conv_layers, sizes.h_layers, sizes.hidden) == (4, 4, 2, 512)
    assert (config.training.lr, config.training.batch_size, config.training.patience) == (1e-4, 32, 4)


def test_final_relu_is_off_by_default():
    assert model_config({"type": "single_head"}).architecture.final_relu is False


@pytest.mark.parametrize("kind", TYPES)
def test_survives_a_trip_through_json(kind):
    config = model_config({"type": kind, "architecture": {"kernel_length": 7}, "training": {"lr": 0.5}})
    assert config.architecture.kernel_length == 7
    assert model_config(json.loads(json.dumps(config.as_dict()))) == config


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"type": "transformer"}, "models.mine.type is 'transformer'"),
        ({}, "models.mine.type is None"),
        ({"type": "multi_head", "colour": 1}, "models.mine.colour: unknown key"),
        (
            {"type": "multi_head", "architecture": {"channels": 8}},
            "models.mine.architecture.channels: unknown key",
        ),
        ({"type": "recommended", "training": {"learning_rate": 1}}, "training.learning_rate: unknown key"),
        ({"type": "recommended", "training": {"epochs": 1.5}}, "training.epochs is 1.5; use a whole number"),
        ({"type": "recommended", "training": {"epochs": 0}}, "training.epochs is 0; use 1 or more"),
        ({"type": "recommended", "training": {"lr": -1}}, "training.lr is -1"),
        ({"type": "recommended", "training": {"lr": "fast"}}, "training.lr is 'fast'"),
        ({"type": "recommended", "training": {"ema_decay": 1}}, "training.ema_decay is 1; use less than 1"),
        ({"type": "recommended", "training": {"swap": 1}}, "training.swap is 1; use true or false"),
        ({"type": "recommended", "architecture": {"pooling": "median"}}, "use one of avg, max"),
        (
            {"type": "recommended", "architecture": {"channels": 0}},
            "architecture.channels is 0; use 1 or more",
        ),
        (
            {"type": "recommended", "architecture": {"dropout": 1}},
            "architecture.dropout is 1; use less than 1",
        ),
        (
            {"type": "recommended", "training": {"ratio_loss": "beta_binomial", "overdispersion": 0}},
            "training.ratio_loss beta_binomial needs models.mine.training.overdispersion above 0",
        ),
        (
            {"type": "multi_head", "training": {"count_loss": "negative_binomial"}},
            "count_loss negative_binomial needs models.mine.training.count_dispersion above 0",
        ),
        ({"type": "recommended", "training": {"tasks": "cell"}}, "use one of all, condition, sample"),
        ({"type": "single_head", "train_on": "C"}, "models.mine.train_on is 'C'; use one of A, B, both"),
        ({"type": "multi_head", "train_on": "A"}, "models.mine.train_on is 'A'; only single_head"),
        ({"type": "single_head", "train_on": "A", "training": {"swap": True}}, "remove one of the two"),
    ],
)
def test_bad_settings_are_named(section, words):
    with pytest.raises(InputError, match=words.replace(".", r"\.")):
        model_config(section, "mine")
