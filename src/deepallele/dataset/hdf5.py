"""How the parts of a dataset lie in its HDF5 file: piece by piece, so that windows need not be in memory.

Tables are groups with one array per column, compressed. Texts of regions have a fixed length, as any
reader of HDF5 expects; alleles, of which a long one must not widen all others, are numbers into
`variant/allele`.
Windows are not compressed: they are read at the speed of the disk.
"""

from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.schema import CEILING_COLUMNS, REGION_COLUMNS, VARIANT_COLUMNS

ALLELES = ("ref", "alt", "allele_a", "allele_b")
# Columns of the variants as they are stored, as narrow as they can be. A variant is on its region's contig.
_STORED = {
    "region": "int32",
    "pos": "int64",
    **dict.fromkeys(ALLELES, "int32"),
    "offset_a": "int32",
    "offset_b": "int32",
    "clipped": "bool",
}
_CHUNK_BYTES = 1 << 19
_CHUNK_ROWS = 1 << 14
_PACKED: dict[str, Any] = {"compression": "gzip", "compression_opts": 4, "shuffle": True}


class DatasetWriter:
    """Writes windows and their variants piece by piece, then all the rest.

    Parameters
    ----------
    file
        Empty HDF5 file.
    length
        L, bases of a window.
    """

    def __init__(self, file: h5py.File, length: int) -> None:
        self.file = file
        self.regions = self.variants = 0
        rows = max(1, _CHUNK_BYTES // (2 * length))
        self._sequence = file.create_dataset(
            "sequence", (0, 2, length), "uint8", maxshape=(None, 2, length), chunks=(rows, 2, length),
            track_times=False,
        )  # fmt: skip
        self._alleles: dict[str, int] = {}
        self._variant = {name: self._column(name) for name in _STORED}

    def _column(self, name: str) -> h5py.Dataset:
        options = {"maxshape": (None,), "chunks": (_CHUNK_ROWS,), "track_times": False, **_PACKED}
        return self.file.create_dataset(f"variant/{name}", (0,), _STORED[name], **options)

    def append(self, sequence: NDArray[np.uint8], variant: pd.DataFrame) -> None:
        """Write windows (k, 2, L) and their variants; `region` counts from the dataset's first window."""
        _extend(self._sequence, self.regions, sequence)
        self.regions += len(sequence)
        for name, stored in self._variant.items():
            values = self._numbered(variant[name]) if name in ALLELES else variant[name].to_numpy()
            _extend(stored, self.variants, values)
        self.variants += len(variant)

    def _numbered(self, alleles: pd.Series) -> NDArray[np.int32]:
        codes, distinct = pd.factorize(alleles)
        numbers = [self._alleles.setdefault(allele, len(self._alleles)) for allele in distinct]
        return np.array(numbers, dtype=np.int32)[codes]

    def finish(
        self,
        region: pd.DataFrame,
        start: NDArray[np.int64],
        reverse: NDArray[np.bool_],
        count: NDArray[np.int32],
        samples: tuple[list[str], list[str]],
        split: NDArray[np.int8],
        ceiling: pd.DataFrame,
        attributes: dict[str, str],
    ) -> None:
        """Write what belongs to the windows appended; fields as in `Dataset`, samples with conditions."""
        for name, values in (("start", start), ("count", count), ("split", split)):
            write_array(self.file, name, values)
        for name, texts in zip(("sample", "condition"), samples, strict=True):
            write_texts(self.file, name, texts)
        write_texts(self.file, "variant/allele", list(self._alleles))
        for column, kind in REGION_COLUMNS.items():
            if kind == "str":
                _write_fixed(self.file, f"region/{column}", region[column].tolist())
            else:
                write_array(self.file, f"region/{column}", region[column].to_numpy(dtype=kind))
        _write_fixed(self.file, "region/strand", np.where(reverse, "-", "+").tolist())
        for column, kind in CEILING_COLUMNS.items():
            if kind == "str":
                write_texts(self.file, f"ceiling/{column}", ceiling[column].tolist())
            else:
                write_array(self.file, f"ceiling/{column}", ceiling[column].to_numpy(dtype=kind))
        for name, value in sorted(attributes.items()):
            self.file.attrs[name] = value


def _extend(stored: h5py.Dataset, filled: int, values: NDArray[Any]) -> None:
    if len(values):
        stored.resize(filled + len(values), axis=0)
        stored[filled:] = values


def write_array(file: h5py.File, name: str, values: NDArray[Any]) -> None:
    """Write an array, compressed unless it is empty."""
    file.create_dataset(name, data=values, track_times=False, **(_PACKED if values.size else {}))


def write_texts(file: h5py.File, name: str, values: list[str]) -> None:
    """Write few texts of any length."""
    text = np.asarray(values, dtype=object)
    file.create_dataset(name, data=text, dtype=h5py.string_dtype("utf-8"), track_times=False)


def _write_fixed(file: h5py.File, name: str, values: list[str]) -> None:
    encoded = [value.encode() for value in values]
    length = max(map(len, encoded), default=1) or 1
    write_array(file, name, np.array(encoded, dtype=h5py.string_dtype("utf-8", length)))


def read_texts(file: h5py.File, name: str) -> NDArray[np.object_]:
    """Read texts of either kind as Python strings."""
    return np.asarray(file[name].asstr()[()], dtype=object)


def read_region(file: h5py.File) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Read the regions, and which of their windows are on the minus strand."""
    values = {
        column: read_texts(file, f"region/{column}")
        if kind == "str"
        else file[f"region/{column}"][()].astype(kind)
        for column, kind in REGION_COLUMNS.items()
    }
    reverse = file["region/strand"][()] == b"-"
    return pd.DataFrame(values, columns=list(REGION_COLUMNS)), reverse


def read_variant(file: h5py.File, chrom: NDArray[np.object_]) -> pd.DataFrame:
    """Read the variants of regions on the given contigs."""
    alleles = read_texts(file, "variant/allele")
    values: dict[str, NDArray[Any]] = {name: file[f"variant/{name}"][()] for name in _STORED}
    for name in ALLELES:
        values[name] = alleles[values[name]]
    values["chrom"] = chrom[values["region"]]
    table = {
        name: values[name] if kind == "str" else values[name].astype(kind, copy=False)
        for name, kind in VARIANT_COLUMNS.items()
    }
    return pd.DataFrame(table, copy=False)


def read_ceiling(file: h5py.File) -> pd.DataFrame:
    """Read the table of ceilings."""
    values = {
        column: read_texts(file, f"ceiling/{column}") if kind == "str" else file[f"ceiling/{column}"][()]
        for column, kind in CEILING_COLUMNS.items()
    }
    return pd.DataFrame(values, columns=list(CEILING_COLUMNS))
