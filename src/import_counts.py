"""Turn peaks and a table of counts made elsewhere into the inputs of build_dataset.py."""

import argparse
from pathlib import Path

from deepallele.errors import run_step
from deepallele.exchange.regions import convert_counts
from deepallele.exchange.tables import named_columns
from deepallele.files import write_table
from deepallele.peaks.regions import write_regions


def main(arguments: argparse.Namespace) -> None:
    """Write regions and counts."""
    values = dict(named_columns(text, (2, 3)) for text in arguments.values)
    regions, counts = convert_counts(arguments.peaks, arguments.counts, arguments.name_column, values)
    write_regions(regions, arguments.out_regions)
    write_table(counts, arguments.out_counts)
    print(f"{len(regions)} regions, samples {', '.join(values)}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--peaks", type=Path, required=True, help="BED, narrowPeak or SAF with names")
    add("--counts", type=Path, required=True, help="TSV with a row per peak")
    add("--name-column", required=True, help="its column of the peaks' names")
    add(
        "--values",
        nargs="+",
        required=True,
        help="SAMPLE=COLUMN_A,COLUMN_B[,COLUMN_AMBIGUOUS] for each sample",
    )
    add("--out-regions", type=Path, required=True, help="regions BED to write")
    add("--out-counts", type=Path, required=True, help="table of counts to write (.tsv.gz)")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
