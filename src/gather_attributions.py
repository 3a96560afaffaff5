"""Join the attributions of all chunks, and compare them with the variant effects."""

import argparse
from pathlib import Path

import numpy as np

from deepallele.dataset.store import read_dataset
from deepallele.effects.attributions import gather_attributions, variant_contributions
from deepallele.errors import run_step
from deepallele.files import read_table

COLUMNS = ["region", "allele_a", "allele_b", "offset_a", "offset_b", "effect"]


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument(
        "--attributions", type=Path, nargs="+", required=True, help="files of all chunks, in order"
    )
    parser.add_argument(
        "--variants", type=Path, required=True, help="effects of the variants under the same model"
    )
    parser.add_argument("--out", type=Path, required=True, help="joined attributions (HDF5) to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Join, then print the correlation with exact effects of single-base variants."""
    dataset = read_dataset(arguments.dataset)
    gather_attributions(arguments.attributions, dataset, arguments.out)
    table = read_table(arguments.variants, COLUMNS)
    attributed = variant_contributions(arguments.out, table, dataset)
    effect = table["effect"].to_numpy(dtype=float)
    known = np.isfinite(attributed) & np.isfinite(effect)
    x, y = attributed[known], effect[known]
    correlation = np.corrcoef(x, y)[0, 1] if len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0 else float("nan")
    print(f"regions: {len(dataset.region)}; files: {len(arguments.attributions)}")
    print(f"contributions against effects of {len(x)} single-base variants: R = {correlation:.3f}")


if __name__ == "__main__":
    run_step(main, build_parser())
