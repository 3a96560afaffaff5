"""Training the published network: the library's against the plain two-pass network of the description."""

import json
import sys
from pathlib import Path

from run import Comparison

BATCH = 32
STEPS = {330: 4, 551: 2, 5000: 1}


def benchmark(folder: Path) -> dict[str, Comparison]:
    """Steps of training at each of the paper's lengths, batches of 32 pairs, one thread, float32."""
    return {str(length): compare(folder, length, steps) for length, steps in STEPS.items()}


def compare(folder: Path, length: int, steps: int) -> Comparison:
    """Both sides at one length."""
    script = str(Path(__file__).with_name("train_pairs.py"))
    commands = {
        side: [sys.executable, script, side, str(length), str(steps), str(folder / f"{side}.{length}.json")]
        for side in ("ours", "plain")
    }
    work = (
        f"{steps} steps of training with {BATCH} pairs (items) of {length} bp; start of Python and torch too"
    )

    def check() -> None:
        found = {side: json.loads((folder / f"{side}.{length}.json").read_text()) for side in commands}
        ours, plain = (found[side] for side in ("ours", "plain"))
        # Batch normalisation is over both haplotypes together here, over each there.
        assert abs(ours["losses"][0] / plain["losses"][0] - 1) < 0.01, "losses differ"
        rates = ours["pairs_per_cpu_s"], plain["pairs_per_cpu_s"]
        print(f"{length} bp, the steps alone: {rates[0]:.2f} pairs/CPU s against {rates[1]:.2f}")

    return Comparison(commands["ours"], commands["plain"], work, 1, check, BATCH * steps)
