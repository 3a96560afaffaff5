"""Every setting of a model, its default per preset, and the check of what the user overrides."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args, get_origin

from deepallele.errors import InputError

PoolingKind = Literal["avg", "max"]
PublishedPoolingKind = Literal["avg", "max", "softmax"]
MAY_BE_ZERO = {"conv_layers", "h_layers", "shift", "interaction"}  # of the whole numbers
BELOW_ONE = {"dropout", "ema_decay", "overdispersion"}


@dataclass(frozen=True)
class PublishedArchitecture:
    """Sizes of the published networks; the defaults are those for ATAC-seq."""

    kernel_number: int = 512  # filters of the first convolution
    kernel_length: int = 15  # width of the first convolution, bp
    filter_number: int = 256  # filters of the later convolutions
    kernel_size: int = 5  # width of the later convolutions, positions
    conv_layers: int = 4  # number of (residual blocks, pooling) layers
    conv_repeat: int = 1  # residual blocks before each pooling
    dilation: int = 1  # of the later convolutions
    pooling: PublishedPoolingKind = "avg"
    pooling_size: int = 4
    hidden: int = 512  # width of the dense layers
    h_layers: int = 2  # dense layers in each head
    dropout: float = 0.2  # in the heads
    first_batch_norm: bool = True  # after the first convolution
    all_batch_norm: bool = True  # after the later convolutions
    final_relu: bool = False  # on single_head's count; published, but it can die at constant 0


@dataclass(frozen=True)
class RecommendedArchitecture:
    """Sizes of the recommended network."""

    channels: int = 64  # filters of the first convolution, each on both strands, and of the later ones
    kernel_length: int = 15  # width of the first convolution, bp
    pooling: PoolingKind = "max"
    pooling_size: int = 4  # right after the first convolution
    kernel_size: int = 3  # width of the later convolutions, positions
    conv_layers: int = 3  # residual blocks, each followed by a pooling by 2
    bins: int = 4  # coarse parts of the window over which features are averaged
    dropout: float = 0.3  # of these features
    interaction: int = 0  # terms of the log ratio in which the level of both haplotypes scales the difference


Architecture = PublishedArchitecture | RecommendedArchitecture


@dataclass(frozen=True)
class Training:
    """How a network is trained; the defaults are the published ones."""

    epochs: int = 100  # at most
    select: Literal["ratio", "counts", "last"] = "ratio"  # which epoch is kept: by validation R of the log
    # ratio (single_head: by its own loss), by the validation loss of the counts, or the last one
    patience: int = 4  # epochs without a better validation score before it stops
    batch_size: int = 32  # regions
    lr: float = 1e-4  # "cycle" swings between lr/2 and 2 lr; "onecycle" has its peak at lr
    schedule: Literal["constant", "cycle", "onecycle"] = "cycle"
    optimizer: Literal["adam", "adamw"] = "adam"
    weight_decay: float = 1e-5
    gradient_clip: float = 0.0  # norm; 0 is off
    tasks: Literal["all", "condition", "sample"] = "all"  # learn the sum of all samples, or each of these
    count_loss: Literal["mse", "poisson", "negative_binomial"] = "mse"
    count_dispersion: float = 0.0  # negative_binomial: variance is m + count_dispersion m^2
    ratio_loss: Literal["mse", "binomial", "beta_binomial"] = "mse"
    overdispersion: float = 0.0  # rho: n informative pairs weigh n / (1 + (n - 1) rho)
    ratio_weight: float = 0.5  # of the ratio's loss; the mean of both counts weighs 1
    reverse_complement: bool = False  # augmentation: random strand
    shift: int = 0  # augmentation: random shift of up to so many bp, the same for both haplotypes
    swap: bool = False  # augmentation: random exchange of the haplotypes
    ema_decay: float = 0.0  # moving average of the weights, per step; 0 is off
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 on a GPU that has it
    compile: bool = False  # let torch compile the trunk first; takes a minute or more, needs a C++ compiler


@dataclass(frozen=True)
class ModelConfig:
    """One model: preset, haplotype(s) a single-head model is trained on, and all settings."""

    type: str
    train_on: Literal["A", "B", "both"] = "both"
    architecture: Architecture = field(default_factory=PublishedArchitecture)
    training: Training = field(default_factory=Training)

    def as_dict(self) -> dict[str, Any]:
        """Plain nested dictionary, which `model_config` turns back into this."""
        return asdict(self)


PRESETS = {
    "single_head": ModelConfig("single_head"),
    "computed_ratio": ModelConfig("computed_ratio"),
    "multi_head": ModelConfig("multi_head"),
    "recommended": ModelConfig(
        "recommended",
        architecture=RecommendedArchitecture(),
        training=Training(
            epochs=20,
            patience=20,
            batch_size=32,
            lr=1e-2,
            schedule="onecycle",
            optimizer="adamw",
            weight_decay=1e-2,
            gradient_clip=1.0,
            ratio_loss="binomial",
            overdispersion=0.05,
            ratio_weight=2.0,
            reverse_complement=True,
            shift=3,
        ),
    ),
}


def model_config(section: dict[str, Any], name: str = "model") -> ModelConfig:
    """Fill a model's section of the configuration with its preset's defaults.

    Parameters
    ----------
    section
        `type` and, where they differ from the preset, `train_on`, `architecture`, `training`.
    name
        The model's name, for messages.

    Raises
    ------
    InputError
        If the type or a key is unknown, or a value has the wrong type or range.
    """
    kind = section.get("type")
    if kind not in PRESETS:
        raise InputError(f"models.{name}.type is {kind!r}; use one of {', '.join(PRESETS)}")
    preset = PRESETS[kind]
    nested = {
        part: _override(getattr(preset, part), section.get(part) or {}, f"models.{name}.{part}")
        for part in ("architecture", "training")
    }
    if kind != "single_head" and section.get("train_on", "both") != "both":
        raise InputError(
            f"models.{name}.train_on is {section['train_on']!r}; only single_head is "
            f"trained on one haplotype, {kind} on both: remove the key"
        )
    if section.get("train_on", "both") != "both" and nested["training"].swap:
        raise InputError(
            f"models.{name}.training.swap would train on both haplotypes, but train_on is "
            f"{section['train_on']!r}; remove one of the two"
        )
    _check_dispersions(nested["training"], f"models.{name}.training")
    rest = {key: value for key, value in section.items() if key not in nested}
    return replace(_override(preset, rest, f"models.{name}"), **nested)


def _check_dispersions(training: Training, place: str) -> None:
    for loss, needing, key in (
        ("ratio_loss", "beta_binomial", "overdispersion"),
        ("count_loss", "negative_binomial", "count_dispersion"),
    ):
        if getattr(training, loss) == needing and getattr(training, key) == 0:
            raise InputError(f"{place}.{loss} {needing} needs {place}.{key} above 0")


def _override(defaults: Any, values: dict[str, Any], place: str) -> Any:
    kinds = {entry.name: entry.type for entry in fields(defaults)}
    for key, value in values.items():
        if key not in kinds:
            raise InputError(f"{place}.{key}: unknown key; known are {', '.join(kinds)}")
        _check(kinds[key], value, f"{place}.{key}")
    return replace(defaults, **values)


def _check(kind: Any, value: Any, place: str) -> None:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise InputError(f"{place} is {value!r}; use one of {', '.join(get_args(kind))}")
    elif kind is bool:
        if not isinstance(value, bool):
            raise InputError(f"{place} is {value!r}; use true or false")
    elif kind in (int, float):
        _check_number(kind, value, place)


def _check_number(kind: type, value: Any, place: str) -> None:
    key = place.rpartition(".")[2]
    number = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
    if not number or value < 0:
        raise InputError(f"{place} is {value!r}; use a{' whole' if kind is int else ''} number, 0 or more")
    if kind is int and value < 1 and key not in MAY_BE_ZERO:
        raise InputError(f"{place} is {value}; use 1 or more")
    if key in BELOW_ONE and value >= 1:
        raise InputError(f"{place} is {value}; use less than 1")
