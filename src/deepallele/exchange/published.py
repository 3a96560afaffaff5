"""Read the HDF5 layout of the published datasets."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.targets import measured
from deepallele.errors import InputError
from deepallele.exchange.layout import BATCH, Layout
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
            names = _texts(file, "peak_name", path)
            genes = _texts(file, "gene_name", path) if "gene_name" in file else None
            keys = _value_keys(file, samples, layout, path)
            values = np.stack([_values(file, key, len(names), path) for key in keys.values()], axis=1)
            sequence = _sequences(file, layout.sequence, len(names), path)
    except OSError as error:
        raise InputError(f"{path}: not an HDF5 file ({error}); copy it again") from error
    places = parse_names(names, genes, str(path))
    length = np.stack([real_length(sequence[:, haplotype]) for haplotype in (0, 1)], axis=1)
    known = measured(values[:, :, :2])
    values[~known] = np.nan
    counted = _are_counts(values[known][:, :2])
    # Fragments are counted in every sample; an activity may be measured in some.
    missing = ~(known.all(axis=1) if counted else known.any(axis=1))
    reason = np.where(missing, "missing_value", np.where((length == 0).any(axis=1), "no_sequence", ""))
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
    notes = [note, *_ratio_notes(values[rows], list(keys))]
    if not counted:
        notes.append("the values are not ln(1 + whole number): taken as activities")
    return pairs, dropped_table(names, reason.tolist()), notes


def _texts(file: h5py.File, key: str, path: str | Path) -> list[str]:
    if key not in file:
        raise InputError(f"{path}: no {key}; it has {', '.join(sorted(file))}; another layout?")
    return [text.decode() if isinstance(text, bytes) else str(text) for text in file[key][()]]


def _contents(file: h5py.File) -> str:
    return f"{', '.join(sorted(file))}; name those to read in dataset.import.arrays (or the step's options)"


def _value_keys(
    file: h5py.File, samples: Sequence[str] | None, layout: Layout, path: str | Path
) -> dict[str, tuple[str, str, str]]:
    found = {name: layout.of_batch(name) for name in layout.batches(file)}
    if layout.values[0] in file:
        found[SINGLE_SAMPLE] = layout.values
    if not found:
        raise InputError(
            f"{path}: neither {layout.values[0]} nor a batch ({layout.batch[0].replace(BATCH, 'NAME')}); "
            f"it has {_contents(file)}"
        )
    missing = [name for name in samples or [] if name not in found]
    if missing:
        raise InputError(f"{path}: no batch {missing[0]!r}; it has {', '.join(found)}")
    return {name: found[name] for name in (samples or found)}


def _values(file: h5py.File, keys: Sequence[str], n: int, path: str | Path) -> NDArray[np.float64]:
    """Values of A, of B and the file's ratio, float64 (n, 3); the ratio is NaN where there is none."""
    columns = []
    for key in keys:
        if key not in file and key != keys[2]:
            raise InputError(f"{path}: no {key}")
        values = np.asarray(file[key][()], dtype=np.float64).ravel() if key in file else np.full(n, np.nan)
        if len(values) != n:
            raise InputError(f"{path}: {key} has {len(values)} values, peak_name {n}")
        columns.append(values)
    return np.stack(columns, axis=1)


def _sequences(file: h5py.File, keys: tuple[str, str], n: int, path: str | Path) -> NDArray[np.uint8]:
    for key in keys:
        if key not in file:
            raise InputError(f"{path}: no {key}; it has {_contents(file)}")
        if file[key].ndim != 3 or file[key].shape[0] != n or file[key].shape[2] != 4:
            raise InputError(f"{path}: {key} is {file[key].shape}; expected ({n}, length, 4)")
    first_key, second_key = keys
    if file[first_key].shape != file[second_key].shape:
        raise InputError(f"{path}: {first_key} and {second_key} differ in length")
    codes = np.empty((n, 2, file[first_key].shape[1]), dtype=np.uint8)
    for haplotype, key in enumerate(keys):
        for first in range(0, n, ROWS):
            rows = slice(first, min(first + ROWS, n))
            codes[rows, haplotype] = from_one_hot(file[key][rows], f"{path}: {key}, rows from {first}")
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
