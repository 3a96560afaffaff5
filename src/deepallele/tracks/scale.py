"""The scale that all coverage of a sample has."""

from collections.abc import Mapping
from typing import Any

from deepallele.errors import InputError

# Classes of allele_stats.json whose pairs are in the BAM of all pairs.
KEPT = ("informative_A", "informative_B", "ambiguous", "hemizygous")


def fragments_kept(assignment: Mapping[str, Any], source: str = "assignment") -> int:
    """Count the fragments in a sample's BAM of all pairs.

    Parameters
    ----------
    assignment
        Numbers of the assignment (`deepallele.allele.stats.summarise`).
    source
        Name of their file, for error messages.

    Raises
    ------
    InputError
        If a class is missing.
    """
    try:
        return sum(int(assignment[name]) for name in KEPT)
    except KeyError as error:
        raise InputError(f"{source}: no {error} in it; run the assignment again") from error


def scale_factor(fragments: int) -> float:
    """Give what coverage is multiplied by: 1e6 / fragments of the sample (CPM); 1 where there is none.

    The tracks of a sample's haplotypes have the same factor, that of all its pairs. So they can be compared
    with each other, and with the ambiguous pairs they add up to the track of all pairs.
    """
    return 1e6 / fragments if fragments else 1.0
