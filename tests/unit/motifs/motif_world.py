"""A small synthetic world: windows with planted JASPAR motifs and attributions that show them."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepallele.dataset.store import Dataset
from deepallele.motifs.database import load_database

PLANTED = ("CTCF", "SPI1", "NRF1", "RUNX1", "YY1")


class IdentityMap:
    """Haplotype map of a haplotype that is the reference."""

    def to_reference(self, contig, position):
        return position, np.ones(len(position), dtype=bool)


@dataclass
class World:
    dataset: Dataset
    attributions: Path
    hypothetical: np.ndarray
    sites: pd.DataFrame


def make_world(folder: Path, n=300, length=200, seed=0, planted=PLANTED, noise=0.03, share=0.8) -> World:
    """Both haplotypes are equal but for one SNP per region; each region has up to two planted sites."""
    rng = np.random.default_rng(seed)
    by_label = {motif.label: motif for motif in load_database("JASPAR2020", "vertebrates")}
    sequence = np.repeat(rng.integers(0, 4, (n, 1, length)), 2, axis=1).astype(np.uint8)
    hypothetical = rng.normal(0, noise, (n, 2, 4, length))
    sites = []
    for row in range(n):
        for slot in range(2):
            if rng.random() > share:
                continue
            tf = planted[rng.integers(len(planted))]
            pwm = by_label[tf].pwm
            odds = np.log2(pwm + 0.02) + 2
            odds = (odds - odds.mean(axis=1, keepdims=True)) / 8
            site = np.array([rng.choice(4, p=column / column.sum()) for column in pwm])
            if rng.random() < 0.5:
                odds, site = odds[::-1, ::-1], 3 - site[::-1]
            start = int(rng.integers(5, length // 2 - 30)) + slot * length // 2
            where = slice(start, start + len(site))
            strength = rng.uniform(0.6, 1.4)
            for side in range(2):
                sequence[row, side, where] = site
                wobble = rng.normal(1, 0.3, odds.T.shape)
                hypothetical[row, side, :, where] += strength * odds.T * wobble
            sites.append((row, tf, start, start + len(site)))
    offset = rng.integers(0, length, n)
    rows = np.arange(n)
    sequence[rows, 1, offset] = (sequence[rows, 0, offset] + 1) % 4
    hypothetical -= hypothetical.mean(axis=2, keepdims=True)
    dataset = _dataset(sequence, offset)
    path = folder / "attributions.h5"
    with h5py.File(path, "w") as file:
        file["hypothetical"] = hypothetical.astype(np.float32)
        file.create_dataset("region", data=dataset.region["name"].tolist(), dtype=h5py.string_dtype())
    return World(dataset, path, hypothetical, pd.DataFrame(sites, columns=["row", "tf", "start", "end"]))


def _dataset(sequence: np.ndarray, offset: np.ndarray) -> Dataset:
    n, _, length = sequence.shape
    rows = np.arange(n)
    start = 1000 * (rows // 3 + 1)
    chrom = np.array([f"chr{row % 3 + 1}" for row in rows])
    bases = np.array(list("ACGT"))
    allele = bases[sequence[rows, :, offset]]
    region = pd.DataFrame(
        {
            "name": [f"{c}:{s}-{s + length}" for c, s in zip(chrom, start, strict=True)],
            "chrom": chrom,
            "start": start,
            "end": start + length,
            "summit": start + length // 2,
        }
    )
    variant = pd.DataFrame(
        {
            "region": rows,
            "chrom": chrom,
            "pos": start + offset,
            "ref": allele[:, 0],
            "alt": allele[:, 1],
            "allele_a": allele[:, 0],
            "allele_b": allele[:, 1],
            "offset_a": offset,
            "offset_b": offset,
            "clipped": np.zeros(n, dtype=bool),
        }
    )
    return Dataset(
        sequence=sequence,
        region=region,
        start=np.stack([start, start], axis=1),
        variant=variant,
        count=np.ones((n, 1, 3), dtype=np.int32),
        sample=["s1"],
        split=np.full((2, n), 2, dtype=np.int8),
        attributes={"schema_version": "1", "haplotype_a": "M", "haplotype_b": "P", "pseudocount": "1.0"},
    )
