"""Motif matrices: base frequencies (PWM) and mean contributions (CWM)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from deepallele.files import atomic_path

BASES = "ACGT"


@dataclass(frozen=True)
class Motif:
    """One motif, bases in the order A, C, G, T.

    Attributes
    ----------
    name
        Unique name.
    pwm
        float64, shape=(w, 4); base frequencies, every row sums to 1.
    cwm
        float32, shape=(w, 4); mean contribution of each base (log2), 0 for a base never observed; empty,
        shape=(0, 4), for motifs of a database.
    n_sites
        Sequences the motif was made from.
    label
        Name of the transcription factor of a database motif, else empty.
    """

    name: str
    pwm: NDArray[np.float64]
    cwm: NDArray[np.float32]
    n_sites: int
    label: str = ""


def information(pwm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Information of each position against equal base frequencies, shape=(w,), bits (0 to 2)."""
    logs = np.log2(np.where(pwm > 0, pwm, 1))
    return 2 + (pwm * logs).sum(axis=1)


def trim(pwm: NDArray[np.float64], min_information: float = 0.25, min_width: int = 4) -> slice:
    """Positions left after flanks below `min_information` bits are cut off.

    Returns
    -------
    slice
        At least `min_width` positions around the most informative one; all where the motif is shorter.
    """
    bits = information(pwm)
    good = np.flatnonzero(bits >= min_information)
    start, end = (good[0], good[-1] + 1) if len(good) else (int(bits.argmax()), int(bits.argmax()) + 1)
    missing = max(0, min(min_width, len(bits)) - (end - start))
    start = max(0, min(start - missing // 2, len(bits) - (end - start) - missing))
    return slice(int(start), int(max(end, min(len(bits), start + min_width))))


def consensus(pwm: NDArray[np.float64]) -> str:
    """Most frequent base per position; lower case where it makes up less than half of the sites."""
    best = pwm.argmax(axis=1)
    return "".join(
        BASES[base] if row[base] >= 0.5 else BASES[base].lower() for base, row in zip(best, pwm, strict=True)
    )


def write_motifs(motifs: list[Motif], path: str | Path, attributes: Mapping[str, str] | None = None) -> None:
    """Write motifs to HDF5: /{name}/cwm float32 (w, 4), /{name}/pwm float64 (w, 4), attribute n_sites."""
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        for name, value in sorted((attributes or {}).items()):
            file.attrs[name] = value
        for motif in motifs:
            group = file.create_group(motif.name)
            group.attrs["n_sites"] = motif.n_sites
            group.create_dataset("cwm", data=motif.cwm, track_times=False)
            group.create_dataset("pwm", data=motif.pwm, track_times=False)


def read_motifs(path: str | Path) -> list[Motif]:
    """Read motifs written by `write_motifs`; those with a number at the end come in its order."""
    with h5py.File(path, "r") as file:
        motifs = [
            Motif(name, group["pwm"][()], group["cwm"][()], int(group.attrs["n_sites"]))
            for name, group in file.items()
        ]
    return sorted(motifs, key=lambda motif: _natural(motif.name))


def write_cwms(motifs: list[Motif], path: str | Path) -> None:
    """Write the CWMs to HDF5: one float32 dataset (w, 4) per motif, named as the motif."""
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        for motif in motifs:
            file.create_dataset(motif.name, data=motif.cwm.astype(np.float32), track_times=False)


def _natural(name: str) -> tuple[str, int]:
    head, _, tail = name.rpartition("_")
    return (head, int(tail)) if tail.isdigit() else (name, -1)
