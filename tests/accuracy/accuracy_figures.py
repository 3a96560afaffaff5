"""Figures of the calibration and the power of the tests of imbalance."""

from pathlib import Path

import numpy as np
import pandas as pd
from accuracy_imbalance import Counts, auroc, roc
from matplotlib.axes import Axes
from numpy.typing import NDArray

from deepallele.counts.imbalance import Imbalance
from deepallele.report.style import BLACK, GREY, ORANGE, VERMILION, figure, grid

EFFECTS = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
DEPTHS = np.array([10, 20, 50, 100, 200, 1_000_000])
BINS = 20
P = dict[str, NDArray[np.float64]]
"""P values by the test they are from: ours, then the binomial one."""


def draw_calibration(null: P, mixed: P, true: NDArray[np.bool_], title: str, path: Path) -> None:
    """Draw p values of a null as histogram and quantiles, and how well imbalanced regions are told.

    Parameters
    ----------
    null, mixed
        P values of regions of which none is imbalanced, and of which those in `true` are.
    """
    with figure(11.5, 3.9, 3) as (made, axes):
        histogram, quantiles, ranking = axes[0]
        for (name, p), colour in zip(null.items(), (VERMILION, GREY), strict=True):
            options = {"histtype": "step", "color": colour, "linewidth": 1.6, "label": name}
            histogram.hist(p, bins=BINS, range=(0, 1), weights=np.full(len(p), BINS / len(p)), **options)
        histogram.axhline(1.0, color=BLACK, linewidth=0.8)
        histogram.set(title="no region imbalanced", xlabel="p value", ylabel="density", xlim=(0, 1))
        histogram.legend()
        _quantiles(quantiles, null, "no region imbalanced")
        for (name, p), colour in zip(mixed.items(), (VERMILION, GREY), strict=True):
            label = f"{name}: AUROC {auroc(p, true):.3f}"
            ranking.plot(*roc(p, true), color=colour, linewidth=1.6, label=label)
        ranking.plot([0, 1], [0, 1], color=BLACK, linewidth=0.8)
        ranking.set(title="20 % imbalanced", xlabel="false positive rate", ylabel="true positive rate")
        ranking.legend(loc="lower right")
        for ax in axes[0]:
            grid(ax)
        made.suptitle(title, fontsize=11)
        made.savefig(path)


def _quantiles(ax: Axes, values: P, title: str) -> None:
    for (name, p), colour in zip(values.items(), (VERMILION, GREY), strict=True):
        expected = (np.arange(len(p)) + 0.5) / len(p)
        share = f"{name}: {(p < 0.05).mean():.3f} below 0.05"
        ax.plot(-np.log10(expected), -np.log10(np.sort(p)), ".", color=colour, ms=3, label=share)
    end = -np.log10(0.5 / len(p))
    ax.plot([0, end], [0, end], color=BLACK, linewidth=0.8)
    ax.set(title=title, xlabel="expected -log10 p", ylabel="-log10 p", ylim=(0, 3.2 * end))
    ax.legend(loc="upper left", handletextpad=0.2)


def draw_qq(panels: list[tuple[str, P]], columns: int, path: Path) -> None:
    """Draw p values of balanced regions against those expected, on logarithmic axes."""
    rows = -(-len(panels) // columns)
    with figure(3.4 * columns, 3.6 * rows, columns, rows) as (made, axes):
        for ax, (title, values) in zip(axes.ravel(), panels, strict=True):
            _quantiles(ax, values, title)
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
