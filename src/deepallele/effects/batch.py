"""How many pairs a model is given at a time."""

import torch

GPU_BATCH = 512


def batch_size(device: torch.device, cpu: int) -> int:
    """Pairs at a time: `cpu`, so few that activations stay in a processor's cache, or enough for a GPU."""
    return cpu if device.type == "cpu" else GPU_BATCH
