"""Measure the tests of imbalance on made counts: calibration, power and coverage, as tables and figures.

    python tests/accuracy/measure_calibration.py --out FOLDER [--regions 20000] [--rho 0.02] [--seed 1]

Takes about two minutes on one core.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
import pandas as pd
from accuracy_figures import P, draw_calibration, draw_power, draw_qq
from accuracy_imbalance import Counts, auroc, binomial_p, compare_p, simulate, simulate_groups
from numpy.typing import NDArray

from deepallele.counts.imbalance import Imbalance, find_imbalance
from deepallele.counts.imbalance_differential import find_difference

SAMPLES, PORTIONS, DESIGNS = (1, 2, 3, 4), (0.0, 0.2), ((1, 1), (2, 2), (3, 3))
# Portion of imbalanced regions, and the standard deviation of their log2(A/B).
SETTINGS = ((0.0, 1.0), (0.2, 0.25), (0.2, 0.5), (0.2, 1.0), (0.5, 0.5), (0.5, 1.0))
SEEDS = 6
MIN_INFORMATIVE = 10


def describe(counts: Counts, result: Imbalance) -> tuple[dict[str, float], P]:
    """Numbers of one run, and the p values of its balanced regions by our test and the binomial one."""
    tested, balanced = result.tested, counts.truth == 0.0
    p, binomial = result.p_value, binomial_p(counts.a, counts.b)
    null, true = tested & balanced, tested & ~balanced
    covered = (result.low <= counts.truth) & (counts.truth <= result.high)
    shrunken = (result.effect.low <= counts.truth) & (counts.truth <= result.effect.high)
    found = result.fdr < 0.05
    row = {
        "tested": tested.sum(),
        "rho": result.overdispersion.common,
        "p<.05": (p[null] < 0.05).mean(),
        "p<.01": (p[null] < 0.01).mean(),
        "p<.001": (p[null] < 0.001).mean(),
        "binomial p<.05": (binomial[null] < 0.05).mean(),
        "covered": covered[tested].mean(),
        "shrunken covered": shrunken[tested].mean(),
    }
    if true.any():
        row["covered, imbalanced"] = covered[true].mean()
        row["shrunken covered, imbalanced"] = shrunken[true].mean()
        row["AUROC"] = auroc(p[tested], true[tested])
        row["binomial AUROC"] = auroc(binomial[tested], true[tested])
        row["power"] = found[true].mean()
        row["false of found"] = (found & null).sum() / max(found.sum(), 1)
    return row, {"beta-binomial": p[null], "binomial": binomial[null]}


def measure_imbalance(regions: int, rho: float, seed: int, out: Path) -> None:
    """Test of imbalance: without and with imbalanced regions, one to four samples."""
    rows, panels = {}, []
    for portion in PORTIONS:
        for samples in SAMPLES:
            counts = simulate(regions, samples, portion, seed, rho)
            result = find_imbalance(counts.a, counts.b, MIN_INFORMATIVE)
            name = f"{samples} sample{'s' * (samples > 1)}, {portion:.0%} imbalanced"
            rows[name], p = describe(counts, result)
            panels.append((name, p))
    print(pd.DataFrame(rows).to_string(float_format="%.4g"))
    draw_qq(panels, len(SAMPLES), out / "imbalance.qq.png")
    many = simulate(4 * regions, 2, 0.2, seed, rho)
    result = find_imbalance(many.a, many.b, MIN_INFORMATIVE)
    print("\npower, 2 samples, 20 % imbalanced, by informative fragments of both")
    print(draw_power(many, result, out / "imbalance.power.png").to_string(float_format="%.2f"))


def measure_figure(regions: int, rho: float, seed: int, out: Path) -> None:
    """Two samples: p values without imbalanced regions, and ranking of the imbalanced among all."""
    found = []
    for portion in PORTIONS:
        counts = simulate(regions, 2, portion, seed, rho)
        result = find_imbalance(counts.a, counts.b, MIN_INFORMATIVE)
        p = {"beta-binomial": result.p_value, "binomial": binomial_p(counts.a, counts.b)}
        found.append(({name: values[result.tested] for name, values in p.items()}, counts, result.tested))
    (null, _, _), (mixed, counts, tested) = found
    title = f"{regions:,} regions, 2 samples, overdispersion {rho}"
    draw_calibration(null, mixed, counts.truth[tested] != 0, title, out / "calibration.png")


def measure_settings(regions: int, rho: float, seed: int, out: Path) -> None:
    """Share of p < 0.05 among balanced regions: mean and range over seeds, by samples and effects."""
    rows: dict[str, dict[str, str]] = {}
    for portion, sd in SETTINGS:
        name = f"{portion:.0%} imbalanced, sd {sd}" if portion else "none imbalanced"
        for samples in (1, 2, 4):
            shares = _null_shares(regions, samples, portion, sd, rho, seed)
            text = f"{shares.mean():.3f} ({shares.min():.3f} to {shares.max():.3f})"
            rows.setdefault(name, {})[f"{samples} samples"] = text
    print(f"\nshare of p < 0.05 of balanced regions, {SEEDS} seeds\n{pd.DataFrame(rows).T.to_string()}")


def _null_shares(
    regions: int, samples: int, portion: float, sd: float, rho: float, seed: int
) -> NDArray[np.float64]:
    shares = []
    for more in range(SEEDS):
        counts = simulate(regions, samples, portion, seed + more, rho, sd)
        result = find_imbalance(counts.a, counts.b, MIN_INFORMATIVE)
        shares.append((result.p_value[result.tested & (counts.truth == 0.0)] < 0.05).mean())
    return np.array(shares)


def measure_difference(regions: int, rho: float, seed: int, out: Path) -> None:
    """Test between conditions: regions imbalanced alike in both, and 20 % that differ."""
    rows, panels = {}, []
    for design in DESIGNS:
        a, b, first, truth = simulate_groups(regions, design, 0.2, seed, rho)
        result = find_difference(a, b, first, MIN_INFORMATIVE)
        same, tested = result.tested & (truth == 0.0), result.tested
        other, found = tested & (truth != 0.0), result.fdr < 0.05
        plain = compare_p(a, b, first)
        covered = (result.low <= truth) & (truth <= result.high)
        name = f"{design[0]} against {design[1]} samples"
        rows[name] = {
            "tested": tested.sum(),
            "rho": result.overdispersion.common,
            "p<.05": (result.p_value[same] < 0.05).mean(),
            "p<.01": (result.p_value[same] < 0.01).mean(),
            "binomial p<.05": (plain[same] < 0.05).mean(),
            "covered": covered[tested].mean(),
            "AUROC": auroc(result.p_value[tested], other[tested]),
            "binomial AUROC": auroc(plain[tested], other[tested]),
            "power": found[other].mean(),
            "false of found": (found & same).sum() / max(found.sum(), 1),
        }
        panels.append((name, {"beta-binomial": result.p_value[same], "binomial": plain[same]}))
    print("\nbetween conditions\n" + pd.DataFrame(rows).to_string(float_format="%.4g"))
    draw_qq(panels, len(DESIGNS), out / "difference.qq.png")


def main() -> None:
    """Measure both tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures")
    parser.add_argument("--regions", type=int, default=20_000, help="regions of each run")
    parser.add_argument("--rho", type=float, default=0.02, help="true overdispersion")
    parser.add_argument("--seed", type=int, default=1, help="seed of the counts")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for measure in (measure_imbalance, measure_figure, measure_settings, measure_difference):
        measure(arguments.regions, arguments.rho, arguments.seed, arguments.out)


if __name__ == "__main__":
    main()
