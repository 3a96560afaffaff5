"""Pairs of sequences, and files in the published layouts written from their description."""

import h5py
import numpy as np

LENGTH = 60


def one_hot(sequences, length=LENGTH):
    """Float one-hot with zeros behind the last base."""
    array = np.zeros((len(sequences), length, 4))
    for row, sequence in enumerate(sequences):
        for place, base in enumerate(sequence):
            if base in "ACGT":
                array[row, place, "ACGT".index(base)] = 1
    return array


def random_pairs(n, size=50, seed=0):
    """Sequences of A, and of B with a substitution, a deletion or an insertion each; some are equal."""
    rng = np.random.default_rng(seed)
    first = ["".join(rng.choice(list("ACGT"), size)) for _ in range(n)]
    second = []
    for row, a in enumerate(first):
        b = list(a)
        place = int(rng.integers(10, 40))
        b[place] = "ACGT"[("ACGT".index(b[place]) + 1) % 4]
        if row % 4 == 1:
            del b[20:23]
        elif row % 4 == 2:
            b[30:30] = list("GATTA")
        second.append(a if row % 4 == 3 else "".join(b))
    return first, second


def region_names(n, size=50, genes=False):
    """Names as published, on several chromosomes; with genes in front, of the genes' own length."""
    names = []
    for row in range(n):
        start = 1000 + 300 * row
        name = f"chr{row % 6 + 1}-{start}-{start + (size if not genes else 700 + row)}"
        names.append(f"H2-K{row}-{name}" if genes else name)
    return names


def write_published(path, a, b, names, values, genes=None, dtype=float):
    """`values`: (name of A's array, of B's, of the ratio) -> (counts of A, of B)."""
    with h5py.File(path, "w") as file:
        file["B6_sequence"], file["Cast_sequence"] = one_hot(a).astype(dtype), one_hot(b).astype(dtype)
        text = h5py.string_dtype("utf-8")
        file["peak_name"] = np.array(names, dtype=text)
        if genes is not None:
            file["gene_name"] = np.array(genes, dtype=text)
        for keys, counts in values.items():
            logs = [np.log(1 + np.asarray(count, dtype=float)).astype(dtype) for count in counts]
            for key, value in zip(keys, [*logs, logs[0] - logs[1]], strict=True):
                file[key] = value
