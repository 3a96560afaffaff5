"""Build the dataset from regions, genomes, maps, variants and counts, a stretch of the genome at a time."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele import __version__
from deepallele.counts.tables import read_count_array
from deepallele.dataset.ceiling import ceiling_table
from deepallele.dataset.explained import explained
from deepallele.dataset.hdf5 import DatasetWriter
from deepallele.dataset.parts import split_parts
from deepallele.dataset.schema import REGION_COLUMNS, SCHEMA_VERSION
from deepallele.dataset.settings import Inputs, Settings
from deepallele.dataset.sketch import Sketch, sketch
from deepallele.dataset.summary import Tally, build_summary, build_warnings
from deepallele.dataset.variants import window_variants
from deepallele.dataset.windows import WindowCutter, minus_strand
from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import read_regions

_CHUNK_BYTES = 1 << 23
_SPAN = 1 << 23
_GAP = 1 << 20


@dataclass(frozen=True)
class Built:
    """What became of the regions.

    Attributes
    ----------
    dropped
        region chrom start end reason of the regions that have no usable window.
    shared
        Pairs of regions in different parts of a fold that share sequence, see `shared.shared_table`.
    summary
        Numbers of regions, variants, folds and ceilings, and warnings.
    """

    dropped: pd.DataFrame
    shared: pd.DataFrame
    summary: dict[str, Any]


def build_dataset(inputs: Inputs, settings: Settings, path: str | Path) -> Built:
    """Build the dataset; windows and variants are never in memory as a whole.

    Parameters
    ----------
    inputs
        The files.
    settings
        Names and numbers.
    path
        HDF5 file to write (`deepallele.dataset.store.read_dataset` reads it); its regions are in the order
        of the regions file.

    Returns
    -------
    Built
        What became of the regions.

    Raises
    ------
    InputError
        If the files do not fit each other, no region is left, or the folds cannot be made.
    """
    regions = read_regions(inputs.regions, overlapping=True)
    counts, samples = read_count_array(inputs.counts, regions["name"].tolist(), settings.samples)
    maps = [HaplotypeMap.from_chain(chain) for chain in inputs.chains]
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        writer = DatasetWriter(file, settings.length)
        cut = _cut_all(regions, inputs, maps, settings, writer)
        kept = cut.reason == ""
        if not kept.any():
            reasons = ", ".join(sorted(set(cut.reason)))
            raise InputError(
                f"{inputs.regions}: no region has a usable window ({reasons}); lower dataset.length"
            )
        region, start = regions[kept].reset_index(drop=True), cut.start[kept]
        condition = settings.conditions or [""] * len(samples)
        parts = split_parts(region, start, cut.sketches, settings)
        ceiling = ceiling_table(
            counts[kept], samples, condition, settings.min_informative, settings.pseudocount, settings.targets
        )
        place = ["name", "chrom", "start", "end"]
        dropped = regions[place].assign(reason=cut.reason)[~kept].rename(columns={"name": "region"})
        summary = build_summary(dropped, cut.tally, parts, ceiling)
        summary["warnings"] = build_warnings(summary)
        writer.finish(
            region[list(REGION_COLUMNS)], start, minus_strand(region), counts[kept], (samples, condition),
            parts.split, ceiling, _attributes(inputs, settings, summary["warnings"]),
        )  # fmt: skip
    return Built(dropped, parts.shared, summary)


@dataclass(frozen=True)
class _Cut:
    """Of every region the window starts (n, 2) and why it is dropped; k-mers of the kept ones; numbers."""

    start: NDArray[np.int64]
    reason: NDArray[np.object_]
    sketches: list[Sketch]
    tally: Tally


def _cut_all(
    regions: pd.DataFrame,
    inputs: Inputs,
    maps: Sequence[HaplotypeMap],
    settings: Settings,
    writer: DatasetWriter,
) -> _Cut:
    """Cut, check and write the windows and their variants stretch by stretch."""
    start = np.zeros((len(regions), 2), dtype=np.int64)
    reason = np.full(len(regions), "", dtype=object)
    sketches: list[Sketch] = []
    tally = Tally()
    with WindowCutter(inputs.genomes, maps, settings.length, settings.pad) as cutter:
        for rows in stretches(regions, settings.length):
            part = regions.iloc[rows].reset_index(drop=True)
            windows = cutter.cut(part)
            usable = np.flatnonzero(windows.reason == "")
            own, codes = windows.own[usable], windows.sequence[usable]
            variant = window_variants(
                part.iloc[usable].reset_index(drop=True),
                windows.start[usable],
                settings.length,
                inputs.variants,
                maps,
                own,
            )
            right = explained(codes, variant, own[:, :, 1] - own[:, :, 0])
            windows.reason[usable[~right]] = "not_explained"
            start[rows], reason[rows] = windows.start, windows.reason
            region = variant["region"].to_numpy(dtype=np.int64)
            # Numbers of the rows that are left, from the first of the whole dataset.
            number = np.cumsum(right) - 1 + writer.regions
            variant = variant.assign(region=number[region])[right[region]]
            tally.add(variant, int(right.sum()), int(windows.cut_short[usable[right]].sum()))
            sketches.append(sketch(codes[right, 0], writer.regions))
            writer.append(codes[right], variant)
    return _Cut(start, reason, sketches, tally)


def stretches(regions: pd.DataFrame, length: int) -> Iterator[slice]:
    """Cut the regions into runs of one contig that span a limited stretch of genome and memory."""
    contig, _ = pd.factorize(regions["chrom"])
    start = regions["start"].to_numpy()
    most = max(1, _CHUNK_BYTES // (2 * length))
    far = (contig[1:] != contig[:-1]) | (start[1:] > start[:-1] + _GAP)
    borders = np.flatnonzero(far) + 1
    for first, last in zip([0, *borders.tolist()], [*borders.tolist(), len(regions)], strict=True):
        while first < last:
            reach = first + int(np.searchsorted(start[first:last], start[first] + _SPAN, side="right"))
            end = min(last, first + most, reach)
            yield slice(first, end)
            first = end


def _attributes(inputs: Inputs, settings: Settings, warnings: list[str]) -> dict[str, str]:
    return {
        "schema_version": SCHEMA_VERSION,
        "cross": settings.cross,
        "haplotype_a": settings.haplotypes[0],
        "haplotype_b": settings.haplotypes[1],
        "reference_md5": _md5(inputs.reference),
        "code_version": __version__,
        "pseudocount": repr(settings.pseudocount),
        "targets": settings.targets,
        "pad": settings.pad,
        "warnings": "\n".join(warnings),
    }


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
