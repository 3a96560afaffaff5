"""Train the published network for some steps on random pairs: the library's ("ours"), or the plain one.

Writes JSON: loss of each step, pairs per CPU second of the steps alone.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from deepallele.model.data import Batch
from deepallele.model.encode import one_hot
from deepallele.model.losses import pair_loss
from deepallele.model.presets import PublishedArchitecture, Training
from deepallele.model.published import PublishedNetwork

import torch  # isort: skip
from plain_published import PlainNetwork
from torch import Tensor, nn
from torch.nn import functional

BATCH = 32
# Sizes of the paper by length of the windows, where they differ from those for ATAC-seq.
SIZES = {
    330: PublishedArchitecture(),
    551: PublishedArchitecture(pooling_size=2, conv_layers=6),
    5000: PublishedArchitecture(kernel_length=10, kernel_size=3, pooling_size=5),
}
Loss = Callable[[Tensor, Tensor], Tensor]


def main(side: str, length: int, steps: int, out: str) -> None:
    """Take the steps with one thread and write the figures."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network, loss = (ours if side == "ours" else plain)(length)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, weight_decay=1e-5)
    losses, spent = [], 0.0
    for codes, targets in batches(length, steps):
        start = time.process_time()
        optimizer.zero_grad()
        value = loss(codes, targets)
        value.backward()
        optimizer.step()
        losses.append(value.item())
        spent += time.process_time() - start
    Path(out).write_text(json.dumps({"losses": losses, "pairs_per_cpu_s": BATCH * steps / spent}))


def batches(length: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Random base codes, uint8 (B, 2, L), and targets, (B, 3)."""
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        codes = torch.randint(0, 4, (BATCH, 2, length), dtype=torch.uint8, generator=generator)
        yield codes, 5 + torch.randn(BATCH, 3, generator=generator)


def plain(length: int) -> tuple[nn.Module, Loss]:
    """Plain network, and the mean squared error over its three outputs."""
    network = PlainNetwork(SIZES[length], length)

    def loss(codes: Tensor, targets: Tensor) -> Tensor:
        sequence = functional.one_hot(codes.long(), 4).float().transpose(2, 3)
        return functional.mse_loss(network(sequence), targets)

    return network, loss


def ours(length: int) -> tuple[nn.Module, Loss]:
    """Network and loss of the library."""
    network = PublishedNetwork(SIZES[length], length, ratio_head=True)
    settings, known = Training(), torch.ones(BATCH, 1, dtype=torch.bool)

    def loss(codes: Tensor, targets: Tensor) -> Tensor:
        count = targets[:, None, :2]
        batch = Batch(codes, count, targets[:, 2:], count, known)
        return pair_loss(network.tasks(one_hot(codes)), batch, settings)

    return network, loss


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
