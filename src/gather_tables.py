"""Join tables with the same header, one after the other."""

import argparse
from pathlib import Path

from deepallele.effects.gather import join_tables
from deepallele.errors import run_step


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tables", type=Path, nargs="+", required=True, help="tables (plain or .gz), in order"
    )
    parser.add_argument("--out", type=Path, required=True, help="joined table to write (plain or .gz)")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Join the tables."""
    rows = join_tables(arguments.tables, arguments.out)
    print(f"tables: {len(arguments.tables)}; rows: {rows}")


if __name__ == "__main__":
    run_step(main, build_parser())
