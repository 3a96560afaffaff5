"""Fetch one file: resumed after a break, checked, in place only when it is whole."""

import argparse
from pathlib import Path

from deepallele.errors import run_step
from deepallele.fetch.download import download


def main(arguments: argparse.Namespace) -> None:
    """Fetch the file and say what was done."""
    print(download(arguments.url, arguments.out, arguments.checksum, arguments.tries, arguments.pause))


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="address (http, https, ftp)")
    parser.add_argument("--checksum", help="md5:..., sha256:..., or the address of a list of sums")
    parser.add_argument("--tries", type=int, default=5, help="transfers to begin at most")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds before the second try; it doubles")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
