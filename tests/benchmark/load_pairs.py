"""Load pairs as training does and deal them into shuffled batches: a dataset, or a plain array of bases."""

import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from deepallele.dataset.store import read_dataset
from deepallele.model.data import BatchRows, batches, region_tensors

torch.set_num_threads(1)
start = time.perf_counter()
if sys.argv[1].endswith(".npy"):
    codes = torch.from_numpy(np.load(sys.argv[1]))
    read = time.perf_counter()
    order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(1))
    dealt = sum(len(codes[chosen]) for chosen in order.split(32))
else:
    regions = region_tensors(read_dataset(sys.argv[1]), 10)
    read = time.perf_counter()
    order = BatchRows(np.arange(len(regions.codes)), 32, seed=1)
    dealt = sum(len(batch.codes) for batch in batches(regions, order))
end = time.perf_counter()
rate = dealt / (end - start)
print(f"{dealt} pairs: read {read - start:.3f} s, dealt {end - read:.3f} s, {rate:,.0f} pairs/s")
