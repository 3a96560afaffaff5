"""Contribution of every base to the predicted log ratio: dataset, models -> attributions (HDF5)."""

import argparse
from pathlib import Path

import torch

from deepallele.dataset.store import read_dataset
from deepallele.effects.attributions import write_attributions
from deepallele.effects.chunk import chunk_rows
from deepallele.effects.contributions import METHODS
from deepallele.effects.ensemble import Ensemble, choose_device
from deepallele.errors import run_step


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
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument(
        "--method", choices=METHODS, default="deeplift", help="how contributions are computed"
    )
    parser.add_argument("--chunk", default="1-of-1", help="share of the regions, i-of-k")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto", help="device to use")
    parser.add_argument("--out", type=Path, required=True, help="attributions (HDF5) to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Attribute, and say how well contributions sum up."""
    torch.set_num_threads(arguments.threads)
    dataset = read_dataset(arguments.dataset)
    device = choose_device(arguments.accelerator)
    ensemble = Ensemble(arguments.checkpoints, dataset.split, device)
    rows = chunk_rows(arguments.chunk, len(dataset.region))
    written = write_attributions(dataset, ensemble, rows, arguments.method, arguments.model, arguments.out)
    convergence = written.convergence
    print(f"device: {device}; seeds: {len(ensemble.seeds)}; regions: {len(rows)}; method: {arguments.method}")
    print(f"regions without contributions: {written.no_fold} (in no test fold)")
    print(
        f"convergence delta: largest {convergence.largest:.3g} (log2), {convergence.relative:.2g} of what is "
        f"explained; regions above 0.001: {convergence.flagged}"
    )


if __name__ == "__main__":
    run_step(main, build_parser())
