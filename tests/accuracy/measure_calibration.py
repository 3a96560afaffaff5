"""Measure the tests of imbalance on made counts: calibration, power and coverage, as tables and figures.

    python tests/accuracy/measure_calibration.py --out FOLDER [--regions 20000] [--rho 0.02] [--seed 1]

Takes about a minute on one core.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
import pandas as pd
from accuracy_imbalance import Counts, auroc, binomial_p, compare_p, simulate, simulate_groups
from numpy.typing import NDArray

from deepallele.counts.imbalance import Imbalance, find_imbalance
from deepallele.counts.imbalance_differential import find_difference
from deepallele.report.style import BLACK, GREY, ORANGE, VERMILION, figure, grid

SAMPLES, PORTIONS, DESIGNS = (1, 2, 3, 4), (0.0, 0.2), ((1, 1), (2, 2), (3, 3))
MIN_INFORMATIVE = 10
EFFECTS = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
DEPTHS = np.array([10, 20, 50, 100, 200, 1_000_000])
P = dict[str, NDArray[np.float64]]


def describe(counts: Counts, result: Imbalance) -> tuple[dict[str, float], P]:
    """Numbers of one run, and the p values of its balanced regions by our test and the binomial one."""
    tested, balanced = result.tested, counts.truth == 0.0
    p, binomial = result.p_value, binomial_p(counts.a, counts.b)
    null, true = tested & balanced, tested & ~balanced
    covered = (result.effect.low <= counts.truth) & (counts.truth <= result.effect.high)
    found = result.fdr < 0.05
    row = {
        "tested": tested.sum(),
        "rho": result.overdispersion.common,
        "p<.05": (p[null] < 0.05).mean(),
        "p<.01": (p[null] < 0.01).mean(),
        "p<.001": (p[null] < 0.001).mean(),
        "binomial p<.05": (binomial[null] < 0.05).mean(),
        "covered": covered[tested].mean(),
    }
    if true.any():
        row["covered, imbalanced"] = covered[true].mean()
        row["AUROC"] = auroc(p[tested], true[tested])
        row["binomial AUROC"] = auroc(binomial[tested], true[tested])
        row["power"] = found[true].mean()
        row["false of found"] = (found & null).sum() / max(found.sum(), 1)
    return row, {"beta-binomial": p[null], "binomial": binomial[null]}


def draw_qq(panels: list[tuple[str, P]], columns: int, path: Path) -> None:
    """Draw p values of balanced regions against those expected, on logarithmic axes."""
    rows = -(-len(panels) // columns)
    with figure(3.4 * columns, 4.0 * rows, columns, rows) as (made, axes):
        for ax, (title, values) in zip(axes.ravel(), panels, strict=True):
            for (name, p), colour in zip(values.items(), (VERMILION, GREY), strict=True):
                expected = (np.arange(len(p)) + 0.5) / len(p)
                share = f"{name}: {(p < 0.05).mean():.3f} below 0.05"
                ax.plot(-np.log10(expected), -np.log10(np.sort(p)), ".", color=colour, ms=3, label=share)
            end = -np.log10(0.5 / len(p))
            ax.plot([0, end], [0, end], color=BLACK, linewidth=0.8)
            ax.set(title=title, xlabel="expected -log10 p", ylabel="-log10 p", ylim=(0, 2.5 * end))
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2))
            grid(ax)
        made.savefig(path)


def draw_power(counts: Counts, result: Imbalance, path: Path) -> pd.DataFrame:
    """Draw the portion of imbalanced regions found, by true effect and depth; gives the table."""
    depth = (counts.a + counts.b).sum(axis=1)
    size, found = np.abs(counts.truth), result.fdr < 0.05
    rows = {}
    with figure(5, 3.6) as (made, axes):
        ax = axes[0, 0]
        shades = np.linspace(0.25, 1.0, len(DEPTHS) - 1)
        for low, high, shade in zip(DEPTHS[:-1], DEPTHS[1:], shades, strict=True):
            inside = result.tested & (size > 0) & (depth >= low) & (depth < high)
            bins = [inside & (np.abs(np.log2(size + 1e-9) - np.log2(effect)) < 0.25) for effect in EFFECTS]
            name = f"{low} to {high - 1}" if high < DEPTHS[-1] else f"{low} or more"
            rows[name] = [found[chosen].mean() if chosen.sum() > 19 else np.nan for chosen in bins]
            ax.plot(EFFECTS, rows[name], "o-", color=ORANGE, alpha=shade, ms=3, label=name)
        ax.set(xlabel="true |log2(A/B)|", ylabel="found at FDR below 0.05", ylim=(0, 1))
        ax.legend(title="informative fragments")
        grid(ax)
        made.savefig(path)
    return pd.DataFrame(rows, index=pd.Index(EFFECTS, name="|log2(A/B)|"))


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
    print(pd.DataFrame(rows).T.to_string(float_format="%.4g"))
    draw_qq(panels, len(SAMPLES), out / "imbalance.qq.png")
    many = simulate(4 * regions, 2, 0.2, seed, rho)
    result = find_imbalance(many.a, many.b, MIN_INFORMATIVE)
    print("\npower, 2 samples, 20 % imbalanced, by informative fragments of both")
    print(draw_power(many, result, out / "imbalance.power.png").to_string(float_format="%.2f"))


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
    print("\nbetween conditions\n" + pd.DataFrame(rows).T.to_string(float_format="%.4g"))
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
    for measure in (measure_imbalance, measure_difference):
        measure(arguments.regions, arguments.rho, arguments.seed, arguments.out)


if __name__ == "__main__":
    main()
