"""Names of the arrays in HDF5 files of the published layout."""

import argparse
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepallele.errors import InputError

NAME, GENE = "peak_name", "gene_name"
"""Arrays of the regions' names, and of their genes where there are any."""
BATCH = "{batch}"
PUBLISHED = Path(__file__).with_name("layout.toml")
# Option of the steps for each kind of arrays, and what it takes.
OPTIONS = {
    "sequence": ("--sequence-arrays", "arrays of A's and of B's sequences"),
    "values": ("--value-arrays", "arrays of A's and B's values and of their difference, without batches"),
    "batch": ("--batch-arrays", f"the same three with batches, {BATCH} in place of the batch's name"),
}


@dataclass(frozen=True)
class Layout:
    """Names of arrays; of each kind A's comes first, then B's.

    Attributes
    ----------
    sequence
        One-hot sequences of A and B.
    values
        Values of A, of B and their difference where there are no batches.
    batch
        The same where there are, with `{batch}` in place of the batch's name.
    """

    sequence: tuple[str, str]
    values: tuple[str, str, str]
    batch: tuple[str, str, str]

    def of_batch(self, name: str) -> tuple[str, str, str]:
        """Names of a batch's arrays."""
        a, b, ratio = (pattern.replace(BATCH, name) for pattern in self.batch)
        return a, b, ratio

    def batches(self, keys: Iterable[str]) -> list[str]:
        """Names for which one of the arrays could be A's values of a batch, sorted."""
        before, behind = self.batch[0].split(BATCH)
        around = len(before) + len(behind)
        found = (key for key in keys if key.startswith(before) and key.endswith(behind))
        return sorted(key[len(before) : len(key) - len(behind)] for key in found if len(key) > around)


def layout(
    sequence: Sequence[str] | None = None,
    values: Sequence[str] | None = None,
    batch: Sequence[str] | None = None,
) -> Layout:
    """Take the given names, and those of the published files for the others.

    Raises
    ------
    InputError
        If names are not distinct, or a batch's lack the place of its name.
    """
    given = {"sequence": sequence, "values": values, "batch": batch}
    names = tomllib.loads(PUBLISHED.read_text()) | {kind: one for kind, one in given.items() if one}
    fixed = [NAME, GENE, *names["sequence"], *names["values"]]
    for kind, among in (("sequence", fixed), ("values", fixed), ("batch", names["batch"])):
        twice = [name for name in names[kind] if among.count(name) > 1]
        if twice:
            raise InputError(f"{OPTIONS[kind][0]}: '{twice[0]}' is the name of two arrays; they must differ")
    for pattern in names["batch"]:
        if pattern.count(BATCH) != 1:
            raise InputError(f"{OPTIONS['batch'][0]}: '{pattern}': needs {BATCH} once, for the batch's name")
    return Layout(*(tuple(names[kind]) for kind in ("sequence", "values", "batch")))


def add_layout_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name arrays to a command line."""
    for kind, (option, text) in OPTIONS.items():
        names = ("A", "B") if kind == "sequence" else ("A", "B", "DIFFERENCE")
        text = f"published: {text} (default: as in the paper's)"
        parser.add_argument(option, nargs=len(names), metavar=names, help=text)


def layout_of(arguments: argparse.Namespace, other: str = "") -> Layout:
    """Names of the arrays by the options of the command line.

    Parameters
    ----------
    arguments
        The parsed options.
    other
        The option that says that the file has another layout; empty where it is the published one.

    Raises
    ------
    InputError
        If names are given for another layout, or cannot be.
    """
    given = [arguments.sequence_arrays, arguments.value_arrays, arguments.batch_arrays]
    for (option, _), names in zip(OPTIONS.values(), given, strict=True):
        if names and other:
            raise InputError(f"{option} names arrays of a published file, but {other}; leave it out")
    return layout(*given)
