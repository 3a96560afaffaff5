"""The promoter assay as a dataset: real genes and shared sequence kept in one fold, and what noise allows."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from deepallele.dataset.ceiling import best_r, pearson
from deepallele.dataset.contents import Dataset
from deepallele.dataset.shared import MIN_SHARE
from deepallele.dataset.sketch import shared_pairs, sketch
from deepallele.exchange.assemble import ImportSettings, assemble
from deepallele.exchange.tables import Columns, read_pairs_table
from deepallele.files import write_table
from deepallele.genome.fasta import encode

SHARED_BASES = 30
SEQUENCES = ("seq_BY", "seq_alt")
ACTIVITIES = ("log2act_BY_est", "log2act_alt_est")
VALIDATION_FRACTION = 0.1
CODES = NDArray[np.uint8]


def read_assay(path: Path, library: str | None = None) -> pd.DataFrame:
    """Read the table, or the pairs of one library; `measured` and `error` are the log2(A/B) and its error."""
    table = pd.read_csv(path, sep="\t")
    if library is not None:
        table = table[table["library"] == library].reset_index(drop=True)
    # The error is that of the test: its t is the effect over it.
    effect = table["logFC_alt_vs_BY"]
    return table.assign(measured=-effect, error=effect / table["t"])


def gene(label: str) -> str:
    """Gene of a label: `YAL061W_chrI_33070_A_T` and `YAL061W_5UTR` are both of YAL061W."""
    return label.split("_")[0]


def canonical_kmers(codes: CODES, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and k-mers (k <= 31) of sequences (n, L), each k-mer as the smaller of its two strands."""
    places = codes.shape[1] - k + 1
    forward = np.zeros((len(codes), places), dtype=np.int64)
    backward, known = forward.copy(), np.ones(forward.shape, dtype=np.bool_)
    for offset in range(k):
        base = codes[:, offset : offset + places].astype(np.int64)
        known &= base < 4
        forward = forward * 4 + base
        backward += (3 - base) << (2 * offset)
    return np.nonzero(known)[0], np.minimum(forward, backward)[known]


def shared_groups(sequence: CODES, label: list[str], k: int = SHARED_BASES) -> NDArray[np.int64]:
    """Group of each pair, 0, 1, ...: pairs of one label, or with k bases in common, are together.

    Parameters
    ----------
    sequence
        uint8 (n, 2, L), base codes.
    label
        Label of each pair.
    k
        Bases in a row, on either strand, that join two pairs with them.
    """
    n = len(sequence)
    found = [canonical_kmers(sequence[:, side], k) for side in (0, 1)]
    row = np.concatenate([*(rows for rows, _ in found), np.arange(n)])
    kmer = np.unique(np.concatenate([kmers for _, kmers in found]), return_inverse=True)[1]
    link = np.concatenate([kmer, pd.factorize(np.array(label))[0] + kmer.max(initial=-1) + 1]) + n
    size = int(link.max()) + 1
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, link)), shape=(size, size))
    return pd.factorize(connected_components(graph, directed=False)[1][:n])[0].astype(np.int64)


def sharing_pairs(sequence: CODES, group: NDArray[np.int64]) -> int:
    """Count oligos of different groups that share 30 % of their k-mers, as the dataset builder finds them."""
    return len(shared_pairs([sketch(sequence[:, 0])], group, MIN_SHARE)[0])


def encoded(table: pd.DataFrame) -> CODES:
    """Base codes (n, 2, L) of both alleles, 4 behind the last base."""
    length = max(int(table[column].str.len().max()) for column in SEQUENCES)
    codes = np.full((len(table), 2, length), 4, dtype=np.uint8)
    for side, column in enumerate(SEQUENCES):
        for row, text in enumerate(table[column]):
            codes[row, side, : len(text)] = encode(text)
    return codes


def import_assay(table: pd.DataFrame, group: NDArray[np.int64], folds: int, out: Path) -> Dataset:
    """Import the pairs with the library of code; the groups stay together. Regions are the rows of the table.

    The samples are the libraries of oligos, in alphabetical order: each pair was measured in one of them.
    """
    path = out / "pairs.tsv.gz"
    columns = Columns("testName", SEQUENCES, "group", {})
    for library in sorted(table["library"].unique()):
        names = f"{library}_a", f"{library}_b"
        table = table.assign(
            **{
                name: table[column].where(table["library"] == library)
                for name, column in zip(names, ACTIVITIES, strict=True)
            }
        )
        columns.values[library] = names
    write_table(table.assign(group=group), path, float_format="%.17g")
    pairs, dropped, _ = read_pairs_table(path, columns, "log2")
    assert dropped.empty
    return assemble(
        pairs, ImportSettings("BYxRM", ("BY", "RM"), None, folds, VALIDATION_FRACTION, 1, "shared")
    )


def noise_ceiling(table: pd.DataFrame) -> dict[str, float | None]:
    """Highest R that the error of measurement leaves a perfect model.

    The test's error of log2(A/B) is that of the barcodes and replicates of one library; what it does not know
    of (another library, another day) would lower the ceiling. The error of one allele's activity is at most
    that of the difference over the root of 2.
    """
    variance = (table["error"] ** 2).mean()
    activity = np.concatenate([table[column] for column in ACTIVITIES])
    left = {"skew": 1 - variance / table["measured"].var(), "activity": 1 - variance / 2 / activity.var()}
    return {name: best_r(share, 1) for name, share in left.items()}


def repeated_variants(table: pd.DataFrame) -> pd.DataFrame:
    """How well the same variant agrees with itself in another oligo: of one library, of the other, of any.

    Only oligos that differ by one variant count; of a variant with more than two the first two are compared.

    Returns
    -------
    DataFrame
        Rows any, same library, other library; columns variants, skew_r, skew_ceiling (root of r) and
        activity_r (of the mean of both alleles).
    """
    single = table[table["n_varied"] == 1]
    again = single.groupby("varied_variants").cumcount()
    first, second = (single[again == number].set_index("varied_variants") for number in (0, 1))
    first = first.loc[second.index]
    same = (first["library"] == second["library"]).to_numpy()
    rows = {}
    for name, chosen in (("any", same | ~same), ("same library", same), ("other library", ~same)):
        skew_r = pearson(first["measured"][chosen], second["measured"][chosen])
        rows[name] = {
            "variants": int(chosen.sum()),
            "skew_r": skew_r,
            "skew_ceiling": best_r(skew_r, 1),
            "activity_r": pearson(first["AveExpr"][chosen], second["AveExpr"][chosen]),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
