"""Write a dataset as two FASTA files or as a NumPy archive."""

from pathlib import Path

import numpy as np

from deepallele.dataset.store import Dataset
from deepallele.exchange.onehot import real_length
from deepallele.files import atomic_path, write_text
from deepallele.genome.fasta import decode


def write_fasta_pair(dataset: Dataset, paths: tuple[Path, Path]) -> None:
    """Write A's and B's windows as FASTA (gzip where the name ends in .gz), records named as the regions.

    Unknown bases are N; those behind the last base are left out.
    """
    for haplotype, path in enumerate(paths):
        codes = dataset.sequence[:, haplotype]
        names = zip(dataset.region["name"], real_length(codes), codes, strict=True)
        write_text("".join(f">{name}\n{decode(row[:length])}\n" for name, length, row in names), path)


def write_npz(dataset: Dataset, path: str | Path) -> None:
    """Write the dataset as a NumPy archive that loads without pickle; the same content gives the same bytes.

    Arrays: sequence uint8 (n, 2, L), codes A0 C1 G2 T3 other 4; count int32 (n, samples, 3); log_counts
    float32 (n, 2), log_ratio float32 (n,), both log2; split int8 (folds, n); region (names), chrom, start,
    end, sample, haplotype; activity float32 (n, samples, 2) where the dataset has it; variant_* columns.
    """
    arrays: dict[str, np.ndarray] = {
        "sequence": dataset.sequence,
        "count": dataset.count,
        "log_counts": dataset.log_counts(),
        "log_ratio": dataset.log_ratio(),
        "split": dataset.split,
        "region": dataset.region["name"].to_numpy(dtype=str),
        "chrom": dataset.region["chrom"].to_numpy(dtype=str),
        "start": dataset.region["start"].to_numpy(),
        "end": dataset.region["end"].to_numpy(),
        "sample": np.array(dataset.sample, dtype=str),
        "haplotype": np.array(dataset.haplotypes, dtype=str),
    }
    if dataset.activity is not None:
        arrays["activity"] = dataset.activity
    for name, column in dataset.variant.items():
        values = column.to_numpy()
        arrays[f"variant_{name}"] = values.astype(str) if values.dtype == object else values
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
