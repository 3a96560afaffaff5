"""Batches of regions: whole tensors held once, no copy per item, and random changes of a batch."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Sampler
from torch.utils.data import Dataset as TorchDataset

from deepallele.dataset.store import Dataset
from deepallele.model.encode import reverse_complement_codes


class Batch(NamedTuple):
    """B regions with what is learned from them in each of T tasks.

    Attributes
    ----------
    codes
        uint8 (B, 2, L), base codes.
    activity
        float32 (B, T, 2), log2 counts of each haplotype; NaN where an activity was not measured.
    log_ratio
        float32 (B, T), measured log2(A/B).
    informative
        float32 (B, T, 2), informative fragments of A and of B.
    kept
        bool (B, T), whether there are enough informative fragments for the ratio to count.
    """

    codes: Tensor
    activity: Tensor
    log_ratio: Tensor
    informative: Tensor
    kept: Tensor


def region_tensors(dataset: Dataset, min_informative: int, tasks: str = "all") -> Batch:
    """All regions of a dataset as one batch on the CPU.

    Parameters
    ----------
    dataset
        The dataset.
    min_informative
        Smallest number of informative fragments with which a region's ratio counts in a task.
    tasks
        "all": one task, the sum of all samples; or one task per "condition" or "sample".
    """
    targets = dataset.task_targets(tasks, min_informative)
    return Batch(
        codes=torch.from_numpy(dataset.sequence),
        activity=torch.from_numpy(targets.activity),
        log_ratio=torch.from_numpy(targets.log_ratio),
        informative=torch.from_numpy(targets.counts[:, :, :2].astype(np.float32)),
        kept=torch.from_numpy(targets.kept),
    )


def to_device(regions: Batch, device: torch.device) -> Batch:
    """Regions on a GPU as a whole, if they take less than a quarter of its free memory; else as given."""
    size = sum(values.nbytes for values in regions)
    if device.type != "cuda" or size > torch.cuda.mem_get_info(device)[0] / 4:
        return regions
    return Batch(*(values.to(device) for values in regions))


class Regions(TorchDataset[Batch]):
    """Regions by lists of row numbers: an item is a whole batch."""

    def __init__(self, regions: Batch) -> None:
        self.regions = regions

    def __getitem__(self, rows: Tensor) -> Batch:
        """Rows of all tensors."""
        return Batch(*(values[rows.to(values.device)] for values in self.regions))


class BatchRows(Sampler[Tensor]):
    """Row numbers of batches; in a random order of its own for each epoch where there is a seed.

    The order follows from seed and epoch alone, so that training that goes on after a stop sees what it
    would have seen. With several processes each gets its part of every batch.

    Parameters
    ----------
    rows
        Rows to run through.
    batch_size
        Regions per batch over all processes; the last one may be smaller.
    seed
        Seed of the order, or None for the order of `rows`.
    rank, world_size
        Number of this process, from 0, and how many there are.
    """

    def __init__(
        self,
        rows: NDArray[np.int64],
        batch_size: int,
        seed: int | None = None,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.rows = torch.from_numpy(rows)
        self.batch_size = batch_size
        self.seed = seed
        self.rank, self.world_size = rank, world_size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, from 0; Lightning calls this."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Batches per epoch."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        """Run through all rows once."""
        rows = self.rows
        if self.seed is not None:
            generator = torch.Generator().manual_seed(mixed_seed(self.seed, self.epoch))
            rows = rows[torch.randperm(len(rows), generator=generator)]
        for chosen in rows.split(self.batch_size):
            part = chosen[self.rank :: self.world_size]
            # Every process takes as many steps; what a last, tiny batch lacks is seen twice.
            yield part if len(part) else chosen[:1]


def mixed_seed(*parts: int) -> int:
    """One seed, below 2^63, of several whole numbers."""
    low, high = np.random.SeedSequence(parts).generate_state(2)
    return (int(high) >> 1) << 32 | int(low)


def batches(regions: Batch, sampler: BatchRows, pin: bool = False) -> DataLoader[Any]:
    """Loader of batches out of memory; `pin` for regions that a GPU reads batch by batch."""
    return DataLoader(Regions(regions), batch_size=None, sampler=sampler, pin_memory=pin)


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
    region, task = swapped[:, None], swapped[:, None, None]
    return batch._replace(
        codes=torch.where(task, batch.codes.flip(1), batch.codes),
        activity=torch.where(task, batch.activity.flip(2), batch.activity),
        log_ratio=torch.where(region, -batch.log_ratio, batch.log_ratio),
        informative=torch.where(task, batch.informative.flip(2), batch.informative),
    )
