"""Import a dataset: the published HDF5, a table of sequence pairs, or two FASTA files and a table."""

import argparse
from pathlib import Path

import pandas as pd

from deepallele.counts.tables import counts_table
from deepallele.dataset.store import Dataset, write_dataset
from deepallele.dataset.targets import KINDS
from deepallele.errors import InputError, run_step
from deepallele.exchange.assemble import ImportSettings, assemble
from deepallele.exchange.configured import FILES
from deepallele.exchange.layout import add_layout_options, layout_of
from deepallele.exchange.pairs import Pairs
from deepallele.exchange.published import read_published
from deepallele.exchange.tables import UNITS, Columns, named_columns, read_pairs_fasta, read_pairs_table
from deepallele.files import write_table


def main(arguments: argparse.Namespace) -> None:
    """Write the dataset, its counts and what was left out; say what is worth knowing."""
    pairs, dropped, notes = read_pairs(arguments)
    settings = ImportSettings(
        cross=arguments.cross,
        haplotypes=arguments.haplotypes,
        # Models of the published windows load only for windows of that length.
        length=arguments.length or (pairs.sequence.shape[2] if arguments.source == "published" else None),
        folds=arguments.folds,
        validation_fraction=arguments.validation_fraction,
        pseudocount=arguments.pseudocount,
        # Half of the ambiguous fragments are among the published counts.
        targets="published" if arguments.source == "published" else arguments.targets,
        test_groups=arguments.test_groups,
        validation_groups=arguments.validation_groups,
        min_informative=arguments.min_informative,
    )
    dataset = assemble(pairs, settings, arguments.threads)
    if arguments.counts:
        write_table(long_counts(dataset), arguments.counts)
    write_table(dropped, arguments.dropped)
    write_dataset(dataset, arguments.out)
    for note in notes:
        print(f"note: {note}")
    print(
        f"{len(dataset.region)} regions with {len(dataset.variant)} variants, windows of "
        f"{dataset.sequence.shape[2]} bp, samples {', '.join(dataset.sample)}; {len(dropped)} regions dropped"
    )


def read_pairs(arguments: argparse.Namespace) -> tuple[Pairs, pd.DataFrame, list[str]]:
    """Read the pairs from the given files; also what is dropped, and notes."""
    source, files = arguments.source, arguments.input
    if len(files) != FILES[source]:
        raise InputError(f"--input: {len(files)} files; --from {source} takes {FILES[source]}")
    if source == "published":
        return read_published(files[0], arguments.samples, layout_of(arguments))
    layout_of(arguments, f"--from is {source}")
    needed = {"--name-column": arguments.name_column, "--group-column": arguments.group_column}
    needed |= {"--values": arguments.values, "--unit": arguments.unit}
    if source == "table":
        needed["--sequence-columns"] = arguments.sequence_columns
    for option, value in needed.items():
        if not value:
            raise InputError(f"{option} is missing; --from {source} needs it")
    sequence = tuple(arguments.sequence_columns) if arguments.sequence_columns else None
    values = dict(map(named_columns, arguments.values))
    columns = Columns(arguments.name_column, sequence, arguments.group_column, values)
    if source == "table":
        return read_pairs_table(files[0], columns, arguments.unit)
    return (*read_pairs_fasta(files[:2], files[2], columns, arguments.unit), [])


def long_counts(dataset: Dataset) -> pd.DataFrame:
    """Counts table of all samples."""
    samples = enumerate(dataset.sample)
    return pd.concat([counts_table(dataset.region, name, dataset.count[:, i]) for i, name in samples])


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--from", dest="source", choices=list(FILES), required=True, help="what the files are")
    add("--input", type=Path, nargs="+", required=True, help="the file; with fasta: A's, B's, the table")
    add("--samples", nargs="+", help="published: batches to import (default: all)")
    add_layout_options(parser)
    add("--name-column", help="column of unique names")
    add("--sequence-columns", nargs=2, help="table: columns of A's and B's sequence")
    add("--group-column", help="column of groups that stay in one fold (chromosome, gene)")
    add("--values", nargs="+", help="SAMPLE=COLUMN_A,COLUMN_B for each sample")
    add("--unit", choices=UNITS, help="of the values: counts, or activities in log2, ln or log10")
    add("--cross", required=True, help="name of the cross")
    add("--haplotypes", nargs=2, required=True, help="names of haplotypes A and B")
    add("--length", type=int, help="length of the windows (bp; default: as needed)")
    add("--folds", type=int, default=5, help="number of folds")
    add("--validation-fraction", type=float, default=0.1, help="share of the regions for validation")
    add("--test-groups", nargs="*", default=[], help="chromosomes or groups to test on, in one fold")
    add("--validation-groups", nargs="*", default=[], help="chromosomes or groups that validate then")
    add("--pseudocount", type=float, default=1.0, help="added to both counts")
    add("--targets", choices=KINDS, default=KINDS[0], help="how targets are made of counts")
    add("--min-informative", type=int, default=10, help="fewest fragments for a ratio to count")
    add("--threads", type=int, default=1, help="processes that align")
    add("--out", type=Path, required=True, help="dataset (HDF5) to write")
    add("--dropped", type=Path, required=True, help="table of pairs left out to write")
    add("--counts", type=Path, help="table of counts to write (.tsv.gz)")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
