"""Measure the models on real pairs of alleles: a promoter assay of yeast, out of fold, beside baselines.

    python tests/accuracy/measure_mpra.py --out FOLDER [--data FOLDER] [--seeds 1 2] [--folds 5]
        [--library UpStream] [--models recommended kmer_ridge ...]

Oligos of one gene, and oligos with 30 bases in common on either strand, stay in one fold; intervals are over
these groups.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
import torch
from accuracy_mpra import (
    encoded,
    gene,
    import_assay,
    noise_ceiling,
    read_assay,
    repeated_variants,
    shared_groups,
    sharing_pairs,
)
from accuracy_mpra_models import LEAN, MODELS, MORE, predict_model
from accuracy_mpra_scores import difference, markdown, measurements, score, table_of

from deepallele.files import write_json, write_table, write_text

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
DATA = Path(os.environ.get("DEEPALLELE_TEST_DATA", SHARED)) / "yeast_promoter_mpra"
BOOTSTRAP_SEED = 1


def main() -> None:
    """Group, import, train, predict, score."""
    arguments = build_parser().parse_args()
    # More threads add up in another order: other figures.
    torch.set_num_threads(1)
    table = read_assay(arguments.data / "pairs.tsv.gz", arguments.library)
    sequence = encoded(table)
    group = shared_groups(sequence, [gene(label) for label in table["gene"]])
    named = np.unique(table["gene"], return_inverse=True)[1]
    groups = {
        "pairs": len(table),
        "groups": int(group.max()) + 1,
        "largest": int(np.bincount(group).max()),
        "values of the column gene": int(named.max()) + 1,
        "pairs that share sequence across values of the column gene": sharing_pairs(sequence, named),
        "pairs that share sequence across groups": sharing_pairs(sequence, group),
    }
    print(groups)
    dataset = import_assay(table, group, arguments.folds, arguments.out)
    measured = measurements(table, dataset.log_counts().astype(float), group, dataset.split, BOOTSTRAP_SEED)
    scores, draws = {}, {}
    for name in arguments.models:
        predicted = predict_model(name, dataset, arguments.seeds, arguments.out)
        scores[name], draws[name] = score(*predicted, measured)
    differences = difference(scores, draws, LEAN) if LEAN in scores else {}
    repeated = repeated_variants(table)
    ceiling = noise_ceiling(table)
    layout = table_of(scores, differences)
    text = markdown(layout.T, "")
    print(f"\n{text}\nceilings of measurement error: {ceiling}\n")
    print(f"the same variant in another oligo\n{repeated.to_string(float_format='%.3f')}")
    write_text(text, arguments.out / "mpra.md")
    write_table(layout.reset_index(names="model"), arguments.out / "mpra.tsv")
    found = {
        "groups": groups,
        "models": scores,
        "differences": differences,
        "ceiling": ceiling,
        "repeated_variants": repeated.astype(object).where(repeated.notna(), None).to_dict(orient="index"),
    }
    write_json(found, arguments.out / "mpra.json")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for tables, dataset and models")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of pairs.tsv.gz")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="seeds of each network")
    parser.add_argument("--folds", type=int, default=5, help="number of folds")
    parser.add_argument("--library", help="pairs of this library only (default: all)")
    parser.add_argument("--models", nargs="+", choices=[*MODELS, *MORE], default=list(MODELS))
    return parser


if __name__ == "__main__":
    main()
