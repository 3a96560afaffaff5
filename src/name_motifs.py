"""Name the motifs of clusters and TF-MoDISco patterns by the known motifs they look like."""

import argparse
import sys
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import write_table
from deepallele.motifs.matrices import read_motifs, write_cwms
from deepallele.motifs.meme import read_meme, write_meme
from deepallele.motifs.modisco import read_patterns
from deepallele.motifs.naming import name_motifs


def build_parser() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=Path, required=True, help="HDF5 of cluster_seqlets.py")
    parser.add_argument("--modisco", type=Path, required=True, help="HDF5 of run_modisco.py")
    parser.add_argument("--database", type=Path, required=True, help="MEME file of known motifs")
    parser.add_argument(
        "--max-q", type=float, required=True, help="only matches with a smaller q-value are kept"
    )
    parser.add_argument("--best", type=int, required=True, help="most matches kept per motif")
    parser.add_argument("--threads", type=int, default=1, help="threads to use")
    parser.add_argument("--out-meme", type=Path, required=True, help="MEME file of all motifs to write")
    parser.add_argument("--out-cwms", type=Path, required=True, help="HDF5 of all CWMs to write")
    parser.add_argument("--out-tomtom", type=Path, required=True, help="table of matches to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Gather the motifs, compare them with the known ones, write both."""
    motifs = read_motifs(arguments.clusters) + read_patterns(arguments.modisco)
    database = read_meme(arguments.database)
    table = name_motifs(motifs, database, arguments.max_q, arguments.best, arguments.threads)
    write_meme(motifs, arguments.out_meme)
    write_cwms(motifs, arguments.out_cwms)
    write_table(table, arguments.out_tomtom)
    print(f"{table['motif'].nunique()} of {len(motifs)} motifs named", file=sys.stderr)


if __name__ == "__main__":
    run_step(main, build_parser())
