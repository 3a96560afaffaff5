"""Names of the arrays in HDF5 files of the published layout."""

import argparse
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepallele.errors import InputError

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
        """Batches whose values of A are among the names of arrays, sorted."""
        before, behind = self.batch[0].split(BATCH)
        around = len(before) + len(behind)
        found = (key for key in keys if key.startswith(before) and key.endswith(behind))
        names = (key[len(before) : len(key) - len(behind)] for key in found if len(key) > around)
        return sorted(name for name in names if self.of_batch(name)[0] not in self.values)


def layout(
    sequence: Sequence[str] | None = None,
    values: Sequence[str] | None = None,
    batch: Sequence[str] | None = None,
) -> Layout:
    """Take the given names, and those of the published files for the others.

    Raises
    ------
    InputError
        If names of one kind are not distinct, or a batch's lack the place of its name.
    """
    given = {"sequence": sequence, "values": values, "batch": batch}
    names = tomllib.loads(PUBLISHED.read_text()) | {kind: one for kind, one in given.items() if one}
    for kind, one in names.items():
        if len(set(one)) < len(one):
            raise InputError(f"{OPTIONS[kind][0]}: {', '.join(one)}: names of arrays must differ")
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


def layout_of(arguments: argparse.Namespace) -> Layout:
    """Names of the arrays by the options of the command line."""
    return layout(arguments.sequence_arrays, arguments.value_arrays, arguments.batch_arrays)
