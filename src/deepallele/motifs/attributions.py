"""Read attributions, a block of regions at a time, so that memory does not grow with 4 bases x length."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError

BLOCK = 2048


def read_contributions(
    path: str | Path, sequence: NDArray[np.uint8], region: Sequence[str]
) -> NDArray[np.float32]:
    """Read the contribution of each observed base.

    Parameters
    ----------
    path
        HDF5 with `hypothetical`, shape=(n, 2, 4, L), and `region`, the n region names.
    sequence
        uint8, shape=(n, 2, L); codes A0 C1 G2 T3, any other base 4.
    region
        Names of the dataset's regions, which the file must list in the same order.

    Returns
    -------
    contribution
        float32, shape=(n, 2, L); hypothetical attribution at the observed base, 0 where it is not ACGT.

    Raises
    ------
    InputError
        If the file has other regions, another shape, or values that are not finite.
    """
    contribution = np.zeros(sequence.shape, dtype=np.float32)
    for rows, block in _blocks(path, sequence, region):
        codes = sequence[rows][:, :, None, :].astype(np.intp)
        observed = np.take_along_axis(block, np.minimum(codes, 3), axis=2)
        contribution[rows] = np.where(codes < 4, observed, 0)[:, :, 0]
    return contribution


def read_patches(
    path: str | Path,
    sequence: NDArray[np.uint8],
    region: Sequence[str],
    where: NDArray[np.int64],
    width: int,
) -> NDArray[np.float32]:
    """Read hypothetical attributions of equally wide patches.

    Parameters
    ----------
    path, sequence, region
        As for `read_contributions`.
    where
        int64, shape=(m, 3); row, haplotype (0 A, 1 B) and first offset in the haplotype's window, which
        may lie outside it.
    width
        Bases per patch.

    Returns
    -------
    patch
        float32, shape=(m, width, 4); 0 outside the window.

    Raises
    ------
    InputError
        As `read_contributions`.
    """
    patch = np.zeros((len(where), width, 4), dtype=np.float32)
    order = np.argsort(where[:, 0], kind="stable")
    sorted_row = where[order, 0]
    for rows, block in _blocks(path, sequence, region):
        mine = order[slice(*np.searchsorted(sorted_row, [rows.start, rows.stop]))]
        offset, inside = _offsets(where[mine, 2], width, sequence.shape[2])
        values = block[where[mine, 0, None] - rows.start, where[mine, 1, None], :, offset]
        patch[mine] = np.where(inside[:, :, None], values, 0)
    return patch


def patch_codes(sequence: NDArray[np.uint8], where: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Base codes of the patches of `read_patches`, uint8, shape=(m, width); 4 outside the window."""
    offset, inside = _offsets(where[:, 2], width, sequence.shape[2])
    return np.where(inside, sequence[where[:, 0, None], where[:, 1, None], offset], 4).astype(np.uint8)


def _offsets(
    first: NDArray[np.int64], width: int, length: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    offset = first[:, None] + np.arange(width)
    inside = (offset >= 0) & (offset < length)
    return np.clip(offset, 0, length - 1), inside


def _blocks(
    path: str | Path, sequence: NDArray[np.uint8], region: Sequence[str]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    n, haplotypes, length = sequence.shape
    if not Path(path).exists():
        raise FileNotFoundError(2, "no such file", str(path))
    with h5py.File(path, "r") as file:
        stored = file["hypothetical"]
        if stored.shape != (n, haplotypes, 4, length):
            raise InputError(
                f"{path}: hypothetical has shape {stored.shape}, "
                f"the dataset needs {(n, haplotypes, 4, length)}; make the attributions again"
            )
        if list(file["region"].asstr()[()]) != list(region):
            raise InputError(f"{path}: regions are not those of the dataset; make the attributions again")
        for start in range(0, n, BLOCK):
            rows = slice(start, min(start + BLOCK, n))
            block = stored[rows].astype(np.float32)
            if not np.isfinite(block).all():
                raise InputError(
                    f"{path}: hypothetical has values that are not finite in rows {start} to {rows.stop}; "
                    "look at the log of the attributions"
                )
            yield rows, block
