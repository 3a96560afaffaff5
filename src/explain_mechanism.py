"""Say for each region which motif its main variant changes, and sum up by cluster and factor."""

import argparse
import sys
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import read_table, write_table
from deepallele.mechanism.factors import factor_enrichment
from deepallele.mechanism.tables import REGION_COLUMNS, VARIANT_COLUMNS, cluster_shares, mechanisms

PLACE_COLUMNS = ["allele_a", "allele_b", "offset_a", "offset_b", "main"]


def build_parser() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--predictions", type=Path, required=True, help="out-of-fold predictions")
    parser.add_argument("--variants", type=Path, required=True, help="variants with their effects")
    parser.add_argument("--seqlets", type=Path, required=True, help="seqlets with clusters")
    parser.add_argument("--clusters", type=Path, required=True, help="table of clusters")
    parser.add_argument("--tomtom", type=Path, required=True, help="names of the motifs")
    parser.add_argument("--out-mechanisms", type=Path, required=True, help="table of regions to write")
    parser.add_argument("--out-clusters", type=Path, required=True, help="table of clusters to write")
    parser.add_argument("--out-tfs", type=Path, required=True, help="table of transcription factors to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Join the tables, write the three results."""
    prediction = read_table(arguments.predictions, REGION_COLUMNS)
    variant = read_table(arguments.variants, ["region", *VARIANT_COLUMNS, *PLACE_COLUMNS])
    seqlet = read_table(
        arguments.seqlets, ["seqlet", "region", "haplotype", "start", "end", "mean_effect", "cluster"]
    )
    tomtom = read_table(arguments.tomtom, ["motif", "tf", "p_value", "q_value", "rank"])
    n_clusters = len(read_table(arguments.clusters, ["cluster"]))
    table = mechanisms(prediction, variant, seqlet, tomtom)
    write_table(table, arguments.out_mechanisms)
    write_table(cluster_shares(table, n_clusters), arguments.out_clusters)
    write_table(factor_enrichment(table, tomtom), arguments.out_tfs)
    main_variants, explained = int(table["variant"].notna().sum()), int(table["in_motif"].sum())
    print(
        f"{len(table)} regions, {main_variants} with a main variant, {explained} of them in a motif",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run_step(main, build_parser())
