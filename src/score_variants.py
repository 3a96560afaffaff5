"""Score every variant between the haplotypes by exchanging alleles: dataset, models -> table of effects."""

import argparse
from pathlib import Path

import torch

from deepallele.dataset.store import read_dataset
from deepallele.effects.chunk import chunk_rows
from deepallele.effects.ensemble import Ensemble, choose_device
from deepallele.effects.flank import Genomes
from deepallele.effects.variants import score_variants, sum_check
from deepallele.errors import run_step
from deepallele.files import write_table


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        required=True,
        help="checkpoints of all folds and seeds of one model, .../fold{k}/seed{s}/model.ckpt",
    )
    parser.add_argument(
        "--genomes",
        type=Path,
        nargs="*",
        default=[],
        help="indexed FASTA of both haplotypes, A first (none for imported datasets)",
    )
    parser.add_argument("--chunk", default="1-of-1", help="share of the regions, i-of-k")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto", help="device to use")
    parser.add_argument("--out", type=Path, required=True, help="table of variants to write (.tsv.gz)")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Score, write, and say what was and was not scored."""
    torch.set_num_threads(arguments.threads)
    dataset = read_dataset(arguments.dataset)
    device = choose_device(arguments.accelerator)
    ensemble = Ensemble(arguments.checkpoints, dataset.split, device)
    genomes = Genomes(arguments.genomes) if arguments.genomes else None
    rows = chunk_rows(arguments.chunk, len(dataset.region))
    scores = score_variants(dataset, ensemble, rows, genomes)
    write_table(scores.table, arguments.out)
    print(
        f"device: {device}; seeds: {len(ensemble.seeds)}; regions: {len(rows)}; variants: {len(scores.table)}"
    )
    print(f"variants without a score: {scores.not_placed} (an allele is not at its place in its genome)")
    print(f"variants without a score: {scores.no_fold} (region is in no test fold)")
    correlation = sum_check(scores, dataset, rows)
    print(f"sum of a region's effects against its predicted log ratio: R = {correlation:.3f}")


if __name__ == "__main__":
    run_step(main, build_parser())
