"""Batches of regions: whole tensors held once, no copy per item."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deepallele.dataset.store import Dataset
from deepallele.model.encode import reverse_complement_codes


class Batch(NamedTuple):
    """Regions with what is learned from them.

    Attributes
    ----------
    codes
        uint8 (B, 2, L), base codes.
    activity
        float32 (B, 2), log2 counts of each haplotype.
    log_ratio
        float32 (B,), measured log2(A/B).
    informative
        float32 (B, 2), informative fragments of A and of B.
    kept
        bool (B,), whether there are enough informative fragments for the ratio to count.
    """

    codes: Tensor
    activity: Tensor
    log_ratio: Tensor
    informative: Tensor
    kept: Tensor


def region_tensors(dataset: Dataset, min_informative: int) -> Batch:
    """All regions of a dataset as one batch on the CPU.

    Parameters
    ----------
    dataset
        The dataset.
    min_informative
        Smallest number of informative fragments with which a region's ratio counts.
    """
    informative = dataset.count[:, :, :2].sum(axis=1).astype(np.float32)
    return Batch(
        codes=torch.from_numpy(dataset.sequence),
        activity=torch.from_numpy(dataset.log_counts()),
        log_ratio=torch.from_numpy(dataset.log_ratio()),
        informative=torch.from_numpy(informative),
        kept=torch.from_numpy(dataset.kept(min_informative)),
    )


class Batches:
    """Iterable over batches of some rows; in a new random order each time where it has a seed.

    Parameters
    ----------
    regions
        All regions.
    rows
        Indices of the rows to run through.
    batch_size
        Regions per batch; the last one may be smaller.
    seed
        Seed of the order, or None for the order of `rows`.
    """

    def __init__(
        self, regions: Batch, rows: NDArray[np.int64], batch_size: int, seed: int | None = None
    ) -> None:
        self.regions = regions
        self.rows = torch.from_numpy(rows)
        self.batch_size = batch_size
        self.generator = None if seed is None else torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Batches per epoch."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        """Run through all rows once."""
        rows = self.rows
        if self.generator is not None:
            rows = rows[torch.randperm(len(rows), generator=self.generator)]
        for chosen in rows.split(self.batch_size):
            yield Batch(*(values[chosen] for values in self.regions))


def random_strand(batch: Batch) -> Batch:
    """Turn each region to its other strand with probability 1/2."""
    turned = torch.rand(len(batch.codes), device=batch.codes.device) < 0.5
    codes = torch.where(turned[:, None, None], reverse_complement_codes(batch.codes), batch.codes)
    return batch._replace(codes=codes)


def random_shift(batch: Batch, limit: int) -> Batch:
    """Shift each region by up to `limit` bp, both haplotypes alike; what is missing becomes other (4)."""
    size, _, length = batch.codes.shape
    padded = torch.nn.functional.pad(batch.codes, (limit, limit), value=4)
    shift = torch.randint(0, 2 * limit + 1, (size, 1), device=padded.device)
    positions = shift + torch.arange(length, device=padded.device)
    return batch._replace(codes=padded.gather(2, positions.unsqueeze(1).expand(-1, 2, -1)))


def random_swap(batch: Batch) -> Batch:
    """Exchange the haplotypes of each region, with all that belongs to them, with probability 1/2."""
    swapped = torch.rand(len(batch.codes), device=batch.codes.device) < 0.5
    column = swapped[:, None]
    return batch._replace(
        codes=torch.where(column.unsqueeze(-1), batch.codes.flip(1), batch.codes),
        activity=torch.where(column, batch.activity.flip(1), batch.activity),
        log_ratio=torch.where(swapped, -batch.log_ratio, batch.log_ratio),
        informative=torch.where(column, batch.informative.flip(1), batch.informative),
    )
