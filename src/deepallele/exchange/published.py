"""Read the HDF5 layout of the published datasets."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.targets import measured
from deepallele.errors import InputError
from deepallele.exchange.layout import BATCH, GENE, NAME, Layout
from deepallele.exchange.names import Place, parse_names
from deepallele.exchange.onehot import from_one_hot, real_length
from deepallele.exchange.pairs import SCALES, Pairs, dropped_table

SINGLE_SAMPLE = "all"
ROWS = 1024
_TOLERANCE = 1e-3


def read_published(
    path: str | Path, samples: Sequence[str] | None, layout: Layout
) -> tuple[Pairs, pd.DataFrame, list[str]]:
    """Read a file in the published layout.

    Sequences are one-hot (n, L, 4), zeros behind the last base; `peak_name` is `{contig}-{start}-{end}`, with
    `gene_name` in front where there is one; the values are ln(1 + count) of A and B, of all or of each batch.

    Where every value is ln(1 + a whole number), the pairs have counts, else activities; these are missing
    (NaN) in batches in which a value of either haplotype is not finite. The ratio of the file is not taken
    over: it is compared with the difference of the two values.

    Parameters
    ----------
    path
        The file.
    samples
        Batches to read, in order; None: all of the file, sorted by name.
    layout
        Names of the arrays.

    Returns
    -------
    pairs
        With counts, or activities log2(1 + count). Pairs have places where A's sequences reach over their
        regions by the same number of bases on both sides in the whole file; else the names say only where the
        folds are.
    dropped
        region, reason: `missing_value` (a count in any batch, an activity in all of them), `no_sequence`.
    notes
        What is worth knowing, one line each.

    Raises
    ------
    InputError
        If the file has another layout, a batch is missing, or a name or base cannot be read.
    """
    if not Path(path).exists():
        raise FileNotFoundError(2, "no such file", str(path))
    try:
        with h5py.File(path, "r") as file:
            arrays = _Arrays(file, path)
            names = _texts(arrays[NAME])
            genes = _texts(arrays[GENE]) if GENE in arrays else None
            keys = _value_keys(arrays, samples, layout)
            values = np.stack([_values(arrays, key, len(names)) for key in keys.values()], axis=1)
            sequence = _sequences(arrays, layout.sequence, len(names))
    except OSError as error:
        raise InputError(f"{path}: not an HDF5 file ({error}); copy it again") from error
    places = parse_names(names, genes, str(path))
    length = np.stack([real_length(sequence[:, haplotype]) for haplotype in (0, 1)], axis=1)
    empty = (length == 0).any(axis=1)
    known = measured(values[:, :, :2])
    values[~known] = np.nan
    notes = _missing_notes(known, list(keys), path)
    counted = _are_counts(values[known & ~empty[:, None]][:, :2])
    # Fragments are counted in every sample; an activity may be measured in some.
    missing = ~(known.all(axis=1) if counted else known.any(axis=1))
    reason = np.where(missing, "missing_value", np.where(empty, "no_sequence", ""))
    rows = np.flatnonzero(reason == "")
    place = [places[row] for row in rows]
    start, note = _starts(place, length[rows, 0])
    pair = values[rows, :, :2]
    pairs = Pairs(
        name=[names[row] for row in rows],
        group=[places[row].chrom for row in rows],
        place=None if start is None else place,
        start=start,
        sequence=sequence[rows],
        sample=list(keys),
        count=np.rint(np.expm1(pair)).astype(np.int32) if counted else None,
        activity=None if counted else (pair * SCALES["ln"]).astype(np.float32),
    )
    notes = [note, *notes, *_ratio_notes(values[rows], list(keys))]
    if not counted:
        notes.append("the values are not ln(1 + whole number): taken as activities")
    return pairs, dropped_table(names, reason.tolist()), notes


class _Arrays:
    """Arrays of a file by name, those in groups by `group/name`."""

    def __init__(self, file: h5py.File, path: str | Path) -> None:
        self.path = path
        # `visit` follows no links.
        names: list[str] = list(file)
        file.visit(names.append)
        found = ((name, file.get(name)) for name in sorted(set(names)))
        self._arrays = {name: array for name, array in found if isinstance(array, h5py.Dataset)}

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __getitem__(self, name: str) -> h5py.Dataset:
        if name not in self._arrays:
            self.fail(f"no array {name}")
        return self._arrays[name]

    def fail(self, reason: str) -> NoReturn:
        """Raise an error that says what the file has, and where to name it."""
        raise InputError(
            f"{self.path}: {reason}; it has {', '.join(self) or 'no array'}; name those to read in "
            "dataset.import.arrays and .samples, or in options of the step"
        )


def _texts(array: h5py.Dataset) -> list[str]:
    return [text.decode() if isinstance(text, bytes) else str(text) for text in array[()]]


def _value_keys(
    arrays: _Arrays, samples: Sequence[str] | None, layout: Layout
) -> dict[str, tuple[str, str, str]]:
    """Arrays of A, of B and their difference, for each sample."""
    possible = {name: layout.of_batch(name) for name in layout.batches(arrays)}
    others = {*layout.sequence, NAME, GENE}
    found = {
        name: keys
        for name, keys in possible.items()
        if keys[1] in arrays and not others.intersection(keys[:2])
    }
    a, b, _ = layout.values
    # Batches may be called so that these names are those of two of them.
    if a in arrays and b in arrays and {a, b}.isdisjoint(chain(*found.values())):
        if SINGLE_SAMPLE in found:
            arrays.fail(f"both {a} and a batch {SINGLE_SAMPLE!r}, which would have one name")
        found[SINGLE_SAMPLE] = layout.values
    if samples is None:
        # What looks like values of A alone may be another array of a sample that is whole.
        known = others.union(*found.values())
        for a, b, _ in [*possible.values(), layout.values]:
            if a in arrays and a not in known:
                arrays.fail(f"{a} could be values of A, but there is no {b}")
    if not found:
        arrays.fail(f"neither {layout.values[0]} nor a batch ({layout.batch[0].replace(BATCH, 'NAME')})")
    missing = [name for name in samples or [] if name not in found]
    if missing:
        raise InputError(f"{arrays.path}: no batch {missing[0]!r}; it has {', '.join(found)}")
    return {name: found[name] for name in (samples or found)}


def _values(arrays: _Arrays, keys: Sequence[str], n: int) -> NDArray[np.float64]:
    """Values of A, of B and the file's ratio, float64 (n, 3); the ratio is NaN where there is none."""
    columns = []
    for key in keys:
        if key == keys[2] and key not in arrays:
            columns.append(np.full(n, np.nan))
            continue
        array = arrays[key]
        if array.dtype.kind not in "iuf" or array.size != n:
            raise InputError(
                f"{arrays.path}: {key} is {array.dtype} {array.shape}; expected {n} numbers, as of {NAME}"
            )
        columns.append(np.asarray(array[()], dtype=np.float64).ravel())
    return np.stack(columns, axis=1)


def _sequences(arrays: _Arrays, keys: tuple[str, str], n: int) -> NDArray[np.uint8]:
    a, b = (arrays[key] for key in keys)
    for key, array in zip(keys, (a, b), strict=True):
        if array.dtype.kind not in "iufb" or array.ndim != 3 or array.shape[::2] != (n, 4):
            raise InputError(
                f"{arrays.path}: {key} is {array.dtype} {array.shape}; expected numbers ({n}, length, 4)"
            )
    if a.shape != b.shape:
        raise InputError(f"{arrays.path}: {keys[0]} and {keys[1]} differ in length")
    codes = np.empty((n, 2, a.shape[1]), dtype=np.uint8)
    for haplotype, key in enumerate(keys):
        for first in range(0, n, ROWS):
            rows = slice(first, min(first + ROWS, n))
            where = f"{arrays.path}: {key}, rows from {first}"
            codes[rows, haplotype] = from_one_hot(arrays[key][rows], where)
    return codes


def _starts(places: list[Place], length: NDArray[np.int64]) -> tuple[NDArray[np.int64] | None, str]:
    """Where A's sequences start, if the file tells: all must reach over their regions alike."""
    start = np.array([place.start for place in places], dtype=np.int64)
    over = np.unique(length - np.array([place.end for place in places], dtype=np.int64) + start)
    if len(over) == 1 and over[0] >= 0 and over[0] % 2 == 0:
        half = int(over[0]) // 2
        return (
            start - half,
            f"sequences of A reach {half} bases over the regions of their names at each end",
        )
    return None, (
        "where the sequences lie in the genome is not known, as their lengths differ from those of the "
        "regions in their names: variants are numbered from 1 at the first base of each sequence of A"
    )


def _are_counts(values: NDArray[np.float64]) -> bool:
    """Tell whether each of the finite values is ln(1 + a whole number)."""
    count = np.expm1(values)
    whole = np.rint(count)
    # A file of single precision knows ln(1 + count) to about 1e-7 of its own size.
    near = np.abs(count - whole) <= np.maximum(_TOLERANCE, 1e-6 * (whole + 1))
    return bool(near.all() and (whole >= 0).all() and (whole < np.iinfo(np.int32).max).all())


def _missing_notes(known: NDArray[np.bool_], samples: Sequence[str], path: str | Path) -> list[str]:
    """Say how many regions have no value in each sample, bool (n, samples); refuse a sample without any."""
    missing = (~known).sum(axis=0).tolist()
    for sample, number in zip(samples, missing, strict=True):
        if number == len(known):
            raise InputError(f"{path}: {sample} has no finite value; leave it out of dataset.import.samples")
    return [
        f"{sample}: {number} of {len(known)} regions have no finite value"
        for sample, number in zip(samples, missing, strict=True)
        if number
    ]


def _ratio_notes(values: NDArray[np.float64], samples: Sequence[str]) -> list[str]:
    notes = []
    for column, sample in enumerate(samples):
        off = np.abs(values[:, column, 0] - values[:, column, 1] - values[:, column, 2])
        wrong = int((off > _TOLERANCE).sum())
        if wrong:
            notes.append(
                f"{sample}: in {wrong} regions the ratio of the file is not A - B, by up to "
                f"{np.nanmax(off):.3g}; A - B is used"
            )
    return notes
