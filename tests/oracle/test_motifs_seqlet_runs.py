"""Runs and common seqlets against a loop over positions."""

import numpy as np

from deepallele.motifs.seqlets import _covered, find_runs


def _slow_runs(z, threshold, min_positions=4, max_gap=1):
    found = []
    for row, values in enumerate(z):
        for sign in (1, -1):
            position = 0
            while position < len(values):
                if sign * values[position] < threshold:
                    position += 1
                    continue
                start, last, passing, gap = position, position, 1, 0
                for nxt in range(position + 1, len(values)):
                    if sign * values[nxt] >= threshold:
                        passing, last, gap = passing + 1, nxt, 0
                    elif -sign * values[nxt] >= threshold:
                        break
                    else:
                        gap += 1
                        if gap > max_gap:
                            break
                if passing >= min_positions:
                    found.append((row, start, last + 1, sign))
                position = last + 1
    return sorted(found)


def test_runs_equal_the_loop():
    rng = np.random.default_rng(0)
    for scale in (1.5, 3.0, 8.0):
        z = rng.normal(0, scale, (40, 60)).astype(np.float32)
        z = np.sign(z.cumsum(axis=1)).astype(np.float32) * np.abs(z)
        assert [tuple(run) for run in find_runs(z, 1.0)] == _slow_runs(z, 1.0)
        assert len(find_runs(z, 1.0)) > 20


def test_cover_equals_the_loop():
    rng = np.random.default_rng(1)
    z = rng.normal(0, 3, (10, 40)).astype(np.float32)
    runs = find_runs(z, 0.7, min_positions=2)
    track = rng.integers(0, 10, len(runs))
    start = rng.integers(0, 38, len(runs))
    end = np.minimum(start + rng.integers(0, 6, len(runs)), 40)
    sign = rng.choice([1, -1], len(runs))
    covered = _covered(runs, track, start, end, sign, z.shape)
    slow = [
        any(r[0] == t and r[3] == g and max(r[1], s) < min(r[2], e) for r in runs)
        for t, s, e, g in zip(track, start, end, sign, strict=True)
    ]
    assert covered.tolist() == slow and 0 < covered.sum() < len(runs)
