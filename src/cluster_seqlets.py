"""Cluster seqlets that look alike and combine each cluster into a motif."""

import argparse
import sys
from pathlib import Path

from deepallele.dataset.store import read_dataset
from deepallele.errors import run_step
from deepallele.files import read_table, write_table
from deepallele.motifs.combine import cluster_seqlets
from deepallele.motifs.matrices import write_motifs

COLUMNS = ["seqlet", "row", "haplotype", "start", "end", "chrom", "mean_effect", "sequence"]


def build_parser() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--attributions", type=Path, required=True, help="HDF5 of hypothetical attributions")
    parser.add_argument("--seqlets", type=Path, required=True, help="table of extract_seqlets.py")
    parser.add_argument(
        "--max-seqlets", type=int, required=True, help="most seqlets compared with each other in one round"
    )
    parser.add_argument("--min-size", type=int, required=True, help="fewest seqlets of a cluster")
    parser.add_argument(
        "--out-seqlets", type=Path, required=True, help="seqlets with clusters (.tsv.gz) to write"
    )
    parser.add_argument("--out-clusters", type=Path, required=True, help="table of clusters to write")
    parser.add_argument("--out-motifs", type=Path, required=True, help="HDF5 of CWMs and PWMs to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read seqlets, write them with their clusters, and the clusters."""
    dataset = read_dataset(arguments.dataset)
    table = read_table(arguments.seqlets, COLUMNS)
    table, summary, motifs = cluster_seqlets(
        table, arguments.attributions, dataset, arguments.max_seqlets, arguments.min_size
    )
    write_motifs(motifs, arguments.out_motifs)
    write_table(summary, arguments.out_clusters)
    write_table(table, arguments.out_seqlets)
    clustered = int((table["cluster"] >= 0).sum())
    print(f"{clustered} of {len(table)} seqlets in {len(motifs)} clusters", file=sys.stderr)


if __name__ == "__main__":
    run_step(main, build_parser())
