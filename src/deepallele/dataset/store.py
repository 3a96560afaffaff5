"""The dataset file (HDF5): its contents as one object, how it is written and read."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset import targets
from deepallele.errors import InputError
from deepallele.files import atomic_path

SCHEMA_VERSION = "1"
REGION_COLUMNS = {"name": "str", "chrom": "str", "start": "int64", "end": "int64", "summit": "int64"}
VARIANT_COLUMNS = {
    "region": "int64",
    "chrom": "str",
    "pos": "int64",
    "ref": "str",
    "alt": "str",
    "allele_a": "str",
    "allele_b": "str",
    "offset_a": "int64",
    "offset_b": "int64",
    "clipped": "bool",
}
TRAIN, VALIDATION, TEST = 0, 1, 2
# Attribute `windows` of datasets whose windows begin with the first base of sequences that are known whole.
WHOLE = "whole"


@dataclass(frozen=True)
class Dataset:
    """Windows of both haplotypes with their variants, counts and folds.

    The haplotype axis has size 2 in config order: A, then B. n regions, L bases per window.

    Attributes
    ----------
    sequence
        uint8 (n, 2, L); base codes A0 C1 G2 T3, any other base 4.
    region
        n rows: name, chrom, start, end, summit; reference coordinates, 0-based half-open, summit absolute.
    start
        int64 (n, 2); first base of the window in each haplotype's own 0-based coordinates.
    variant
        Variants between the haplotypes that touch a window, sorted by region and position: region
        (row index), chrom, pos (0-based reference position of the first base of ref), ref, alt,
        allele_a, allele_b (never empty), offset_a, offset_b (0-based offset of the allele's first base
        in that haplotype's window; outside [0, L) where the allele starts beyond the border), clipped
        (True where an allele is not whole inside either window).
    count
        int32 (n, samples, 3); fragments of A, of B, ambiguous.
    sample
        Names along the sample axis.
    split
        int8 (folds, n); 0 train, 1 validation, 2 test. Each region is test in exactly one fold.
    attributes
        schema_version, cross, haplotype_a, haplotype_b, reference_md5, code_version, pseudocount; where the
        sequences are whole ones, not cut from genomes, windows: "whole".
    activity
        float32 (n, samples, 2), log2; measured activity of A and of B where it is not to be computed from
        counts, else None. Where it is given, the targets are made of it.
    """

    sequence: NDArray[np.uint8]
    region: pd.DataFrame
    start: NDArray[np.int64]
    variant: pd.DataFrame
    count: NDArray[np.int32]
    sample: list[str]
    split: NDArray[np.int8]
    attributes: dict[str, str]
    activity: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit each other.

        Raises
        ------
        ValueError
            If a shape or a column does not fit.
        """
        n = len(self.region)
        shapes = {
            "sequence": (self.sequence.shape[:2], (n, 2)),
            "start": (self.start.shape, (n, 2)),
            "count": (self.count.shape, (n, len(self.sample), 3)),
            "split": (self.split.shape[1:], (n,)),
        }
        if self.activity is not None:
            shapes["activity"] = (self.activity.shape, (n, len(self.sample), 2))
        for name, (seen, expected) in shapes.items():
            if seen != expected:
                raise ValueError(f"{name} has shape {seen}, expected {expected}")
        for table, columns in ((self.region, REGION_COLUMNS), (self.variant, VARIANT_COLUMNS)):
            if list(table.columns) != list(columns):
                raise ValueError(f"columns {list(table.columns)}, expected {list(columns)}")

    @property
    def pseudocount(self) -> float:
        """Pseudocount c of the targets."""
        return float(self.attributes["pseudocount"])

    @property
    def haplotypes(self) -> list[str]:
        """Names of the two haplotypes, A first."""
        return [self.attributes["haplotype_a"], self.attributes["haplotype_b"]]

    @property
    def whole(self) -> bool:
        """Windows hold whole sequences from their first base; there is nothing beyond them."""
        return self.attributes.get("windows") == WHOLE

    @property
    def counted(self) -> bool:
        """There are fragments, not activities only."""
        return self.activity is None or bool(self.count.any())

    def log_counts(self) -> NDArray[np.float32]:
        """Activity of each haplotype, float32 (n, 2), log2; see `targets.log_counts`.

        Measured activities are averaged over samples.
        """
        if self.activity is not None:
            return self.activity.mean(axis=1, dtype=np.float64).astype(np.float32)
        a, b, ambiguous = self._summed()
        return targets.log_counts(a, b, ambiguous, self.pseudocount)

    def log_ratio(self) -> NDArray[np.float32]:
        """Measured log2(A/B) with the pseudocount, counts summed over samples, float32 (n,).

        Of measured activities the difference A - B, averaged over samples.
        """
        if self.activity is not None:
            a, b = self.activity.mean(axis=1, dtype=np.float64).T
            return (a - b).astype(np.float32)
        a, b, _ = self._summed()
        return targets.log_ratio(a, b, self.pseudocount)

    def informative(self) -> NDArray[np.int64]:
        """Informative fragments A + B summed over samples, int64 (n,)."""
        a, b, _ = self._summed()
        return a + b

    def kept(self, min_informative: int) -> NDArray[np.bool_]:
        """Regions with at least `min_informative` informative fragments, bool (n,).

        All regions where activities were measured instead of fragments.
        """
        if not self.counted:
            return np.ones(len(self.region), dtype=np.bool_)
        return self.informative() >= min_informative

    def _summed(self) -> NDArray[np.int64]:
        return self.count.sum(axis=1, dtype=np.int64).T


def write_dataset(dataset: Dataset, path: str | Path) -> None:
    """Write the dataset to HDF5, whole or not at all; the same content gives the same bytes."""
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        _write_array(file, "sequence", dataset.sequence)
        _write_array(file, "start", dataset.start)
        _write_array(file, "count", dataset.count)
        _write_array(file, "split", dataset.split)
        if dataset.activity is not None:
            _write_array(file, "activity", dataset.activity)
        _write_strings(file, "sample", dataset.sample)
        _write_columns(file, "region", dataset.region, REGION_COLUMNS)
        _write_columns(file, "variant", dataset.variant, VARIANT_COLUMNS)
        for name, value in sorted(dataset.attributes.items()):
            file.attrs[name] = value


def read_dataset(path: str | Path) -> Dataset:
    """Read a dataset written by `write_dataset`.

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
            return Dataset(
                sequence=file["sequence"][()],
                region=_read_columns(file, "region", REGION_COLUMNS),
                start=file["start"][()],
                variant=_read_columns(file, "variant", VARIANT_COLUMNS),
                count=file["count"][()],
                sample=list(file["sample"].asstr()[()]),
                split=file["split"][()],
                attributes=attributes,
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


def _write_array(group: h5py.Group, name: str, values: NDArray) -> None:
    options = {"compression": "gzip", "compression_opts": 4, "shuffle": True} if values.size else {}
    group.create_dataset(name, data=values, track_times=False, **options)


def _write_strings(group: h5py.Group, name: str, values: list[str]) -> None:
    # Variable length: one long deletion must not widen every row.
    text = np.asarray(values, dtype=object)
    group.create_dataset(name, data=text, dtype=h5py.string_dtype("utf-8"), track_times=False)


def _write_columns(file: h5py.File, name: str, table: pd.DataFrame, columns: dict[str, str]) -> None:
    group = file.create_group(name)
    for column, kind in columns.items():
        if kind == "str":
            _write_strings(group, column, table[column].tolist())
        else:
            _write_array(group, column, table[column].to_numpy(dtype=kind))


def _read_columns(file: h5py.File, name: str, columns: dict[str, str]) -> pd.DataFrame:
    values = {}
    for column, kind in columns.items():
        stored = file[name][column]
        values[column] = stored.asstr()[()] if kind == "str" else stored[()].astype(kind)
    return pd.DataFrame(values, columns=list(columns))
