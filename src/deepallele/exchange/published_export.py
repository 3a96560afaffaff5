"""Write the HDF5 layout of the published datasets."""

from itertools import chain
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.errors import InputError
from deepallele.exchange.layout import GENE, NAME, Layout
from deepallele.exchange.names import published_names
from deepallele.exchange.onehot import to_one_hot
from deepallele.exchange.pairs import SCALES
from deepallele.exchange.published import ROWS, SINGLE_SAMPLE
from deepallele.files import atomic_path

AMBIGUOUS = ("split", "drop")


def write_published(dataset: Dataset, path: str | Path, ambiguous: str, layout: Layout) -> None:
    """Write a dataset in the published layout, whole or not at all; the same content gives the same bytes.

    One sample is written without batches, several as batches. Real-valued activities are written as they
    are, in natural logarithms.

    Parameters
    ----------
    dataset
        The dataset.
    path
        The file.
    ambiguous
        "split": half of each region's ambiguous fragments for each haplotype, as published, the odd one for
        A in even rows and for B in odd ones; "drop": informative fragments only.
    layout
        Names of the arrays.

    Raises
    ------
    InputError
        If a contig cannot be named in this layout, or two arrays would have one name.
    """
    names, genes = published_names(dataset.region, dataset.imported)
    a, b = np.moveaxis(_log_counts(dataset, ambiguous), 2, 0)
    # An imported batch keeps its name.
    plain = len(dataset.sample) == 1 and (not dataset.imported or dataset.sample[0] == SINGLE_SAMPLE)
    keys = [layout.values if plain else layout.of_batch(sample) for sample in dataset.sample]
    _check_distinct([NAME, GENE, *layout.sequence, *chain(*keys)])
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        for haplotype, key in enumerate(layout.sequence):
            n, _, length = dataset.sequence.shape
            stored = file.create_dataset(
                key, (n, length, 4), np.float64, compression="gzip", shuffle=True, track_times=False
            )
            for first in range(0, n, ROWS):
                stored[first : first + ROWS] = to_one_hot(dataset.sequence[first : first + ROWS, haplotype])
        for key, texts in ((NAME, names), (GENE, genes)):
            if texts is not None:
                data = np.asarray(texts, dtype=object)
                file.create_dataset(key, data=data, dtype=h5py.string_dtype("utf-8"), track_times=False)
        for column, of_sample in enumerate(keys):
            values = a[:, column], b[:, column], a[:, column] - b[:, column]
            for key, one in zip(of_sample, values, strict=True):
                file.create_dataset(key, data=one, track_times=False)


def _check_distinct(keys: list[str]) -> None:
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise InputError(
            f"two arrays would be called {twice[0]!r}; give other names by the options ...-arrays"
        )


def _log_counts(dataset: Dataset, ambiguous: str) -> NDArray[np.float64]:
    """Natural logarithm of 1 + count of A and B, float64 (n, samples, 2)."""
    if dataset.activity is not None:
        return dataset.activity.astype(np.float64) / SCALES["ln"]
    count = dataset.count[:, :, :2].astype(np.int64)
    if ambiguous == "split":
        odd = (np.arange(len(count)) % 2)[:, None]
        first = (dataset.count[:, :, 2] + 1 - odd) // 2
        count += np.stack([first, dataset.count[:, :, 2] - first], axis=2)
    return np.log(1.0 + count)
