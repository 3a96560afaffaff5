"""Contributions of all regions: out-of-fold, mean of the seeds, written as they are made."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.effects.contributions import contributions
from deepallele.effects.edit import encode_alleles
from deepallele.effects.ensemble import NO_FOLD, Ensemble
from deepallele.errors import InputError
from deepallele.files import atomic_path

REGIONS_AT_A_TIME = 128
FLAGGED_DELTA = 1e-3
FAILED_DELTA = 1e-2
# Rounding grows with what is summed up: below this share of it a prediction counts as flat.
ROUNDING_SCALE = 1e-3


class Convergence(NamedTuple):
    """How well contributions sum up to the predictions.

    Attributes
    ----------
    flagged
        Regions whose delta is above 1e-3 (log2).
    largest
        The largest delta, log2; NaN where the method promises no sum.
    relative
        The largest delta over the scale of what is explained.
    """

    flagged: int
    largest: float
    relative: float


class Written(NamedTuple):
    """What `write_attributions` found: convergence, and number of regions in no test fold."""

    convergence: Convergence
    no_fold: int


def write_attributions(
    dataset: Dataset, ensemble: Ensemble, rows: range, method: str, model: str, path: str | Path
) -> Written:
    """Write the contributions of some regions to HDF5, a block of regions at a time.

    Datasets: `hypothetical` float32 (n, 2, 4, L), see `Contributions`, mean of the seeds; `delta` float32
    (n,), the largest of strands and seeds, NaN where the method promises none; `region`, names.
    Attributes: `method`, `model`. Regions in no test fold have contributions 0 and delta NaN.

    Parameters
    ----------
    dataset
        The dataset.
    ensemble
        Its models.
    rows
        Regions.
    method
        See `contributions`.
    model
        Name of the model.
    path
        The file.

    Raises
    ------
    InputError
        If a contribution is not finite, or a delta is above 1e-2 of the scale of what is explained.
    """
    shape = len(rows), *dataset.sequence.shape[1:]
    delta = np.full(len(rows), np.nan)
    difference, size = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    no_fold = 0
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        stored = _create(file, shape, dataset.region["name"].iloc[rows.start : rows.stop].tolist())
        file.attrs["method"], file.attrs["model"] = method, model
        for block, fold in ensemble.blocks(rows, REGIONS_AT_A_TIME):
            if fold == NO_FOLD:
                no_fold += len(block)
                continue
            place, codes = block - rows.start, dataset.sequence[block]
            parts = [contributions(network, codes, method) for network in ensemble.models(fold)]
            mean = np.stack([part.hypothetical for part in parts]).mean(axis=0)
            if not np.isfinite(mean).all():
                raise InputError(f"fold {fold}: contributions are not finite; train the model again")
            stored[place] = mean
            deltas = np.stack([part.delta for part in parts])
            worse = np.argmax(deltas, axis=0)[None]
            delta[place] = np.take_along_axis(deltas, worse, axis=0)[0]
            difference[place] = np.take_along_axis(
                np.stack([part.difference for part in parts]), worse, axis=0
            )[0]
            size[place] = np.abs(observed(mean, codes)).sum(axis=(1, 2))
        file["delta"][...] = delta
        convergence = check_convergence(delta, difference, size)
    return Written(convergence, no_fold)


def check_convergence(
    delta: NDArray[np.float64], difference: NDArray[np.float64], size: NDArray[np.float64]
) -> Convergence:
    """Fail where contributions do not sum up to what they explain.

    Parameters
    ----------
    delta
        (n,), |sum of contributions - explained difference|, log2; rows with NaN are left out.
    difference
        (n,), explained difference, log2. Its root mean square is the scale of a relative delta.
    size
        (n,), sum of |contributions|, log2; the scale is at least a thousandth of its root mean square,
        so that rounding is no failure of a model that predicts nearly the same for all.

    Raises
    ------
    InputError
        If a delta is above 1e-2 of the scale.
    """
    known = np.isfinite(delta)
    if not known.any():
        return Convergence(0, float("nan"), float("nan"))
    rms = [float(np.sqrt(np.mean(np.square(values[known])))) for values in (difference, size)]
    scale = max(rms[0], ROUNDING_SCALE * rms[1])
    largest = float(delta[known].max())
    relative = largest / scale if scale > 0 else float(largest > 0)
    if relative > FAILED_DELTA:
        raise InputError(
            f"convergence delta {largest:.3g} is {relative:.2g} of what is explained "
            f"(at most {FAILED_DELTA:g}): DeepLIFT has no rule for a layer of this network; "
            "set attribute.method to ism or gradient"
        )
    return Convergence(int((delta[known] > FLAGGED_DELTA).sum()), largest, relative)


def observed(hypothetical: NDArray[np.float32], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Contribution of the base present: (n, 2, 4, L), codes (n, 2, L) -> (n, 2, L); 0 for unknown bases."""
    index = np.minimum(codes, 3)[:, :, None].astype(np.intp)
    present = np.take_along_axis(hypothetical, index, axis=2)[:, :, 0]
    present[codes >= 4] = 0
    return present


def gather_attributions(paths: Sequence[str | Path], dataset: Dataset, path: str | Path) -> None:
    """Join the files of all chunks, in the order of the dataset's regions.

    Raises
    ------
    InputError
        If the chunks do not hold the dataset's regions one after the other, or come from different
        methods or models.
    """
    names = dataset.region["name"].tolist()
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        stored = _create(file, dataset.sequence.shape, names)
        first = 0
        for chunk in paths:
            with h5py.File(chunk, "r") as part:
                rows = slice(first, first + len(part["delta"]))
                if list(part["region"].asstr()[()]) != names[rows]:
                    raise InputError(
                        f"{chunk}: regions are not rows {first} on of the dataset; make it again"
                    )
                for key in ("method", "model"):
                    if file.attrs.setdefault(key, part.attrs[key]) != part.attrs[key]:
                        raise InputError(
                            f"{chunk}: {key} is {part.attrs[key]}, before it was {file.attrs[key]}"
                        )
                for block in range(0, rows.stop - first, REGIONS_AT_A_TIME):
                    inner = slice(block, min(block + REGIONS_AT_A_TIME, rows.stop - first))
                    stored[first + inner.start : first + inner.stop] = part["hypothetical"][inner]
                file["delta"][rows] = part["delta"][()]
                first = rows.stop
        if first != len(names):
            raise InputError(f"chunks hold {first} of the dataset's {len(names)} regions; give all chunks")


def variant_contributions(path: str | Path, variants: pd.DataFrame, dataset: Dataset) -> NDArray[np.float64]:
    """Difference of both alleles' contributions, for single-base variants inside both windows.

    Parameters
    ----------
    path
        Gathered attributions.
    variants
        Table of effects (`score_variants`) of the same dataset.
    dataset
        The dataset.

    Returns
    -------
    NDArray[np.float64]
        (v,), log2, mean of both haplotypes; positive where A's allele raises A over B, like `effect`.
        NaN for all other variants.
    """
    row = pd.Index(dataset.region["name"]).get_indexer(variants["region"])
    codes = {side: encode_alleles(variants[f"allele_{side}"].str[0]).codes for side in "ab"}
    offset = {side: variants[f"offset_{side}"].to_numpy(dtype=np.int64) for side in "ab"}
    single = np.ones(len(variants), dtype=bool)
    for side in "ab":
        single &= (variants[f"allele_{side}"].str.len() == 1).to_numpy() & (codes[side] < 4)
        single &= (offset[side] >= 0) & (offset[side] < dataset.sequence.shape[2])
    result = np.full(len(variants), np.nan)
    with h5py.File(path, "r") as file:
        for first in range(0, len(dataset.region), REGIONS_AT_A_TIME):
            mine = np.flatnonzero(single & (row >= first) & (row < first + REGIONS_AT_A_TIME))
            if len(mine) == 0:
                continue
            block = file["hypothetical"][first : first + REGIONS_AT_A_TIME].astype(np.float64)
            gain = [
                block[row[mine] - first, haplotype, codes[own][mine], offset[own][mine]]
                - block[row[mine] - first, haplotype, codes[other][mine], offset[own][mine]]
                for haplotype, own, other in ((0, "a", "b"), (1, "b", "a"))
            ]
            # The gain of B's own allele raises B, so it counts against A.
            result[mine] = (gain[0] - gain[1]) / 2
    return result


def _create(file: h5py.File, shape: tuple[int, ...], names: list[str]) -> h5py.Dataset:
    file.create_dataset("delta", shape=shape[:1], dtype=np.float32, track_times=False)
    region = np.asarray(names, dtype=object)
    file.create_dataset("region", data=region, dtype=h5py.string_dtype("utf-8"), track_times=False)
    return file.create_dataset(
        "hypothetical", shape=(*shape[:2], 4, shape[2]), dtype=np.float32, fillvalue=0, track_times=False
    )
