"""Write the known motifs: JASPAR, or the user's own MEME file, as one MEME file with unique names."""

import argparse
import sys
from pathlib import Path

from deepallele.errors import run_step
from deepallele.motifs.database import load_database
from deepallele.motifs.meme import write_meme


def build_parser() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", required=True, help="JASPAR release, such as JASPAR2020")
    parser.add_argument("--tax-group", required=True, help="JASPAR taxonomic group, such as vertebrates")
    parser.add_argument("--file", type=Path, help="MEME file to use instead of JASPAR")
    parser.add_argument("--out", type=Path, required=True, help="MEME file to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Load the motifs, write them."""
    motifs = load_database(arguments.release, arguments.tax_group, arguments.file)
    write_meme(motifs, arguments.out)
    print(f"{len(motifs)} known motifs of {len({motif.label for motif in motifs})} names", file=sys.stderr)


if __name__ == "__main__":
    run_step(main, build_parser())
