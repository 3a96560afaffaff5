"""Names of regions in published files, taken strictly."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from deepallele.errors import InputError

# No dash in the contig, or `gene-chr1-5-9` would be a contig called `gene-chr1`.
_PLACE = re.compile(r"([^\s:-]+)-(\d+)-(\d+)")
_WITH_GENE = re.compile(rf"(\S+-|){_PLACE.pattern}")
_EXPECTED = "chr1-100-351, or with gene names Actb-chr5-100-351"


class Place(NamedTuple):
    """Contig, start and end as a name says them; 0-based half-open."""

    chrom: str
    start: int
    end: int


def parse_names(names: Sequence[str], genes: Sequence[str] | None, source: str) -> list[Place]:
    """Take the names of regions apart.

    Parameters
    ----------
    names
        `{contig}-{start}-{end}`, where `genes` is given `{gene}-{contig}-{start}-{end}`.
    genes
        Gene of each region, or None.
    source
        What the names were read from, for messages.

    Returns
    -------
    list of Place
        In the order of the names.

    Raises
    ------
    InputError
        On the first name that is not exactly such a name, or is there twice. A region is never placed by
        guessing: a wrong contig would end in the wrong fold.
    """
    places: list[Place] = []
    first: dict[str, int] = {}
    for row, name in enumerate(names):
        if name in first:
            raise InputError(
                f"{source}: peak_name {name!r} appears twice (rows {first[name]} and {row}); "
                "names must differ"
            )
        first[name] = row
        places.append(_parse(name, None if genes is None else genes[row], f"{source}: peak_name, row {row}"))
    return places


def published_names(region: pd.DataFrame, imported: bool) -> tuple[list[str], list[str] | None]:
    """Give names that `parse_names` reads.

    Parameters
    ----------
    region
        name, chrom, start, end.
    imported
        The regions may have such names already, which are then kept.

    Returns
    -------
    names
        One per region.
    genes
        Their genes where all names begin with one, else None.

    Raises
    ------
    InputError
        If a contig's name cannot be part of such a name.
    """
    matches = [_WITH_GENE.fullmatch(name) for name in region["name"]] if imported else []
    genes = [match[1] for match in matches if match is not None]
    if genes and len(genes) == len(region) and all(genes) == any(genes):
        return region["name"].tolist(), [gene.removesuffix("-") for gene in genes] if all(genes) else None
    return [_name(Place(*row)) for row in region[["chrom", "start", "end"]].itertuples(index=False)], None


def _name(place: Place) -> str:
    name = f"{place.chrom}-{place.start}-{place.end}"
    if not _PLACE.fullmatch(name):
        raise InputError(
            f"region {place.chrom}:{place.start}-{place.end}: a contig named {place.chrom!r} cannot be "
            "written in the published layout, whose names are separated by dashes; export as fasta or npz"
        )
    return name


def _parse(name: str, gene: str | None, where: str) -> Place:
    rest = name
    if gene is not None:
        if not name.startswith(f"{gene}-"):
            raise InputError(f"{where}: {name!r} does not begin with its gene_name, {gene!r}")
        rest = name.removeprefix(f"{gene}-")
    match = _PLACE.fullmatch(rest)
    if match is None:
        raise InputError(f"{where}: {name!r} is no name of a region; expected {_EXPECTED}")
    place = Place(match[1], int(match[2]), int(match[3]))
    if place.start >= place.end:
        raise InputError(f"{where}: {name!r}: the start is not below the end")
    return place
