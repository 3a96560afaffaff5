"""Make a dataset of pairs that come from elsewhere."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele import __version__
from deepallele.dataset.ceiling import ceiling_table
from deepallele.dataset.contents import Dataset, no_ceiling
from deepallele.dataset.folds import split_named, split_regions
from deepallele.dataset.schema import IMPORTED, SCHEMA_VERSION, VARIANT_COLUMNS, ZEROS
from deepallele.errors import InputError
from deepallele.exchange.differences import Difference, find_differences
from deepallele.exchange.names import Place
from deepallele.exchange.onehot import real_length
from deepallele.exchange.pairs import Pairs
from deepallele.genome.fasta import OTHER, decode

_PAIRS_AT_A_TIME = 64


@dataclass(frozen=True)
class ImportSettings:
    """Names and numbers of an imported dataset.

    Attributes
    ----------
    cross, haplotypes
        Name of the cross, names of A and B.
    length
        Length of the windows, bp; None: room for the longest sequence and for every variant put into the
        other haplotype alone.
    folds, validation_fraction, pseudocount, targets
        As in the config section `dataset`.
    test_groups, validation_groups
        Groups to test and to validate on: one fold; none named, `folds` folds are made of all groups.
    min_informative
        Smallest number of informative fragments with which a log ratio counts for the ceiling.
    """

    cross: str
    haplotypes: Sequence[str]
    length: int | None
    folds: int
    validation_fraction: float
    pseudocount: float
    targets: str
    test_groups: Sequence[str] = ()
    validation_groups: Sequence[str] = ()
    min_informative: int = 0


def assemble(pairs: Pairs, settings: ImportSettings, threads: int = 1) -> Dataset:
    """Find the variants of each pair, deal the groups to folds, and put the dataset together.

    Windows begin with the first base of each sequence; behind the last base they are unknown. A stands for
    the reference: `ref` is A's allele, and positions are A's. Pairs without a place have one of their own: a
    contig with the pair's name that begins with the first base of A's sequence. B's starts are taken from
    A's, as nothing else is known.

    Parameters
    ----------
    pairs
        The pairs.
    settings
        Names and numbers.
    threads
        Processes that align; the result does not depend on it.

    Returns
    -------
    Dataset
        One region per pair, in their order.

    Raises
    ------
    InputError
        If there is no pair, a sequence is longer than the windows, or the folds cannot be made.
    """
    n = len(pairs.name)
    if n == 0:
        raise InputError("no pair of sequences is left to import")
    size = np.stack([real_length(pairs.sequence[:, haplotype]) for haplotype in (0, 1)], axis=1)
    found = _find(pairs.sequence, size, threads)
    room = max(_room(size[row], found[row]) for row in range(n))
    length = room if settings.length is None else settings.length
    _check_length(length, size, pairs.name)
    region, start = _regions(pairs, size[:, 0])
    sequence = np.full((n, 2, length), OTHER, dtype=np.uint8)
    shared = min(length, pairs.sequence.shape[2])
    sequence[:, :, :shared] = pairs.sequence[:, :, :shared]
    count = np.zeros((n, len(pairs.sample), 3), dtype=np.int32)
    if pairs.count is not None:
        count[:, :, :2] = pairs.count
    return Dataset(
        sequence=sequence,
        region=region,
        start=np.stack([start, start], axis=1),
        variant=_variant_table(found, region["chrom"].tolist(), start.tolist()),
        count=count,
        sample=pairs.sample,
        split=_split(pairs.group, settings),
        attributes={
            "schema_version": SCHEMA_VERSION,
            "cross": settings.cross,
            "haplotype_a": settings.haplotypes[0],
            "haplotype_b": settings.haplotypes[1],
            "reference_md5": "none",
            "code_version": __version__,
            "pseudocount": repr(settings.pseudocount),
            "targets": settings.targets,
            "pad": ZEROS,
            "source": IMPORTED,
        },
        ceiling=_ceiling(count, pairs, settings),
        activity=pairs.activity,
    )


def _split(group: Sequence[str], settings: ImportSettings) -> NDArray[np.int8]:
    if settings.test_groups:
        named = settings.test_groups, settings.validation_groups
        return split_named(pd.Series(group), *named, settings.validation_fraction)
    number, _ = pd.factorize(pd.Series(group))
    return split_regions(number.astype(np.int64), settings.folds, settings.validation_fraction)


def _ceiling(count: NDArray[np.int32], pairs: Pairs, settings: ImportSettings) -> pd.DataFrame:
    """Ceilings that the noise of counting sets; activities have none that could be told."""
    if pairs.count is None:
        return no_ceiling()
    condition = [""] * len(pairs.sample)
    numbers = settings.min_informative, settings.pseudocount, settings.targets
    return ceiling_table(count, pairs.sample, condition, *numbers)


def _regions(pairs: Pairs, size: NDArray[np.int64]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Regions of the dataset, and where A's sequences start."""
    start = np.zeros(len(size), dtype=np.int64) if pairs.start is None else pairs.start
    places = pairs.place or list(map(Place, pairs.name, start.tolist(), size.tolist()))
    region = pd.DataFrame(places, columns=["chrom", "start", "end"])
    region.insert(0, "name", pairs.name)
    return region.assign(summit=(region["start"] + region["end"]) // 2), start


def _find(codes: NDArray[np.uint8], size: NDArray[np.int64], threads: int) -> list[list[Difference]]:
    a, b = (
        [decode(row[:last]) for row, last in zip(codes[:, side], size[:, side], strict=True)]
        for side in (0, 1)
    )
    if threads == 1:
        return list(map(find_differences, a, b))
    with ProcessPoolExecutor(threads) as pool:
        return list(pool.map(find_differences, a, b, chunksize=_PAIRS_AT_A_TIME))


def _room(size: NDArray[np.int64], found: Sequence[Difference]) -> int:
    """Bases that the pair needs when one variant at a time is put into the other haplotype."""
    grown = [0, *(len(one.allele_b) - len(one.allele_a) for one in found)]
    return int(max(size[0] + max(grown), size[1] - min(grown)))


def _check_length(length: int, size: NDArray[np.int64], names: Sequence[str]) -> None:
    longest = size.max(axis=1)
    row = int(np.argmax(longest))
    if longest[row] > length:
        raise InputError(
            f"dataset.import.length: {length}, but a sequence of {names[row]} has {longest[row]} bases; "
            "raise it, or leave it out"
        )


def _variant_table(
    found: Sequence[Sequence[Difference]], chrom: Sequence[str], start: Sequence[int]
) -> pd.DataFrame:
    rows = [
        (row, contig, first + one.offset_a, *alleles, *alleles, one.offset_a, one.offset_b, False)
        for row, (contig, first, differences) in enumerate(zip(chrom, start, found, strict=True))
        for one in differences
        for alleles in [(one.allele_a, one.allele_b)]
    ]
    table = pd.DataFrame(rows, columns=list(VARIANT_COLUMNS))
    kinds = {name: object if kind == "str" else kind for name, kind in VARIANT_COLUMNS.items()}
    return table.astype(kinds)
