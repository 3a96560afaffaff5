"""The dataset file (HDF5): written whole or not at all, and read."""

from pathlib import Path

import h5py
import numpy as np

from deepallele.dataset.contents import Dataset
from deepallele.dataset.hdf5 import (
    DatasetWriter,
    read_ceiling,
    read_region,
    read_texts,
    read_variant,
    write_array,
)
from deepallele.dataset.schema import (
    LEFT_OUT,
    REGION_COLUMNS,
    SCHEMA_VERSION,
    TEST,
    TRAIN,
    VALIDATION,
    VARIANT_COLUMNS,
)
from deepallele.errors import InputError
from deepallele.files import atomic_path

__all__ = [
    "LEFT_OUT",
    "REGION_COLUMNS",
    "SCHEMA_VERSION",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "VARIANT_COLUMNS",
    "Dataset",
    "read_dataset",
    "write_dataset",
]


def write_dataset(dataset: Dataset, path: str | Path) -> None:
    """Write the dataset to HDF5, whole or not at all; the same content gives the same bytes.

    Raises
    ------
    ValueError
        If a variant is on another contig than its region.
    """
    contig = dataset.region["chrom"].to_numpy()[dataset.variant["region"].to_numpy(dtype=np.int64)]
    if (contig != dataset.variant["chrom"].to_numpy()).any():
        raise ValueError("a variant is on another contig than its region")
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        writer = DatasetWriter(file, dataset.sequence.shape[2])
        writer.append(dataset.sequence, dataset.variant)
        writer.finish(
            dataset.region, dataset.start, dataset.reverse, dataset.count,
            (dataset.sample, dataset.condition), dataset.split, dataset.ceiling, dataset.attributes,
        )  # fmt: skip
        if dataset.activity is not None:
            write_array(file, "activity", dataset.activity)


def read_dataset(path: str | Path) -> Dataset:
    """Read a dataset written by `write_dataset` or built by `build_dataset`.

    Raises
    ------
    InputError
        If the file is not such a dataset, or of another schema version.
    FileNotFoundError
        If there is no such file.
    """
    if not Path(path).exists():
        raise FileNotFoundError(2, "no such file", str(path))
    try:
        with h5py.File(path, "r") as file:
            attributes = {name: str(value) for name, value in file.attrs.items()}
            _check_version(attributes, path)
            region, reverse = read_region(file)
            return Dataset(
                sequence=file["sequence"][()],
                region=region,
                start=file["start"][()],
                variant=read_variant(file, region["chrom"].to_numpy(dtype=object)),
                count=file["count"][()],
                sample=read_texts(file, "sample").tolist(),
                split=file["split"][()],
                attributes=attributes,
                reverse=reverse,
                condition=read_texts(file, "condition").tolist(),
                ceiling=read_ceiling(file),
                activity=file["activity"][()] if "activity" in file else None,
            )
    except (OSError, KeyError, ValueError) as error:
        mend = "make it with build_dataset.py"
        raise InputError(f"{path}: not a dataset of this workflow ({error}); {mend}") from error


def _check_version(attributes: dict[str, str], path: str | Path) -> None:
    version = attributes.get("schema_version", "none")
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{path}: schema_version {version}, this code reads {SCHEMA_VERSION}; build the dataset again"
        )
