"""How much of a library lies where it should: in regions, and at transcription start sites."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.quality.complexity import library_size
from deepallele.tracks.scale import fragments_kept

CLASSES = ("all", "a", "b")
COLUMNS = ["sample", "fragments", "duplicate_share", "library_size"]
COLUMNS += [f"{kind}_{name}" for kind in ("in_regions", "tss_enrichment") for name in CLASSES]
# ENCODE's TSS enrichment: coverage at the TSS over that of 100 bp at either end of the window.
_FLANK = 100


def in_regions(stats: Mapping[str, Any], counts: pd.DataFrame) -> dict[str, float | None]:
    """Share of a sample's fragments that are counted in regions or genes (FRiP), of all and by haplotype.

    Parameters
    ----------
    stats
        Numbers of the sample's assignment.
    counts
        Rows of the sample in the table of counts. A fragment over two regions is in both, as in the counts.

    Returns
    -------
    dict
        Shares of `CLASSES`; None where there is no fragment.
    """
    a, b, ambiguous = (int(counts[f"count_{name}"].sum()) for name in ("a", "b", "ambiguous"))
    found = {"all": a + b + ambiguous, "a": a, "b": b}
    total = {"all": fragments_kept(stats), "a": stats["informative_A"], "b": stats["informative_B"]}
    return {name: _share(found[name], total[name]) for name in CLASSES}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def read_profiles(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read the means that plotProfile of deepTools writes (`--outFileNameData`), of one group of places.

    Parameters
    ----------
    path
        The table: two header lines, then per track its name, the group and one value per bin.

    Returns
    -------
    dict
        Mean coverage in each bin, of each track.

    Raises
    ------
    InputError
        If the file is no such table.
    """
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    if len(rows) < 3 or rows[0][0] != "bin labels" or rows[1][0] != "bins":
        raise InputError(f"{path}: not a table of plotProfile; make it again")
    return {row[0]: np.array([float(value) for value in row[2:]]) for row in rows[2:]}


def read_components(path: Path) -> tuple[dict[str, tuple[float, float]], tuple[float, float]]:
    """Read the principal components that plotPCA of deepTools writes (`--transpose --outFileNameData`).

    Parameters
    ----------
    path
        The table: a comment, a header with the names, then per component its values and its eigenvalue.

    Returns
    -------
    points
        First and second component of each name.
    explained
        Their shares of the variance.

    Raises
    ------
    InputError
        If the file is no such table.
    """
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    if len(rows) < 4 or rows[1][0] != "Component" or rows[1][-1] != "Eigenvalue":
        raise InputError(f"{path}: not a table of plotPCA; make it again")
    values = np.array([[float(value) for value in row[1:]] for row in rows[2:]])
    eigen = values[:, -1]
    shares = eigen / eigen.sum() if eigen.sum() else eigen
    points = {name: (float(x), float(y)) for name, x, y in zip(rows[1][1:-1], *values[:2, :-1], strict=True)}
    return points, (float(shares[0]), float(shares[1]))


def distances(bins: int, bin_size: int) -> list[float]:
    """Distance of the middle of each bin from the TSS, which is between the two middle bins (bp)."""
    return [float(value) for value in (np.arange(bins) + 0.5 - bins / 2) * bin_size]


def tss_enrichment(profile: NDArray[np.float64], bin_size: int) -> float | None:
    """TSS enrichment of a profile around start sites.

    Parameters
    ----------
    profile
        Mean coverage in bins, (n,); the TSS is in the middle.
    bin_size
        Width of a bin (bp).

    Returns
    -------
    float or None
        Highest value within 100 bp of the TSS over the mean of the outermost 100 bp on both sides; None where
        these have no coverage.
    """
    bins = max(_FLANK // bin_size, 1)
    middle = len(profile) // 2
    ends = np.concatenate([profile[:bins], profile[-bins:]]).mean()
    return _share(float(profile[max(middle - bins, 0) : middle + bins].max()), float(ends))


def library(
    sample: str,
    stats: Mapping[str, Any],
    counts: pd.DataFrame | None,
    profiles: tuple[Any, Any, Any] | None,
    bin_size: int,
) -> dict[str, Any]:
    """Sum up a library in one row.

    Parameters
    ----------
    sample
        Its name.
    stats
        Numbers of its assignment.
    counts
        Its rows in the table of counts; None for a control.
    profiles
        Mean coverage around start sites of all pairs, A and B; None if there is none.
    bin_size
        Width of their bins (bp).

    Returns
    -------
    dict
        Values of `COLUMNS`; None where unknown.
    """
    distinct = fragments_kept(stats)
    examined = distinct + stats["duplicates"]
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    # Without a duplicate none was looked for, or too few fragments tell.
    duplicates = _share(stats["duplicates"], examined) or None
    row |= {"sample": sample, "fragments": distinct, "duplicate_share": duplicates}
    size = library_size(examined, distinct)
    row["library_size"] = None if size is None else round(size)
    if counts is not None:
        row |= {f"in_regions_{name}": value for name, value in in_regions(stats, counts).items()}
    for name, profile in zip(CLASSES, profiles or (), strict=bool(profiles)):
        row[f"tss_enrichment_{name}"] = tss_enrichment(profile, bin_size)
    return row
