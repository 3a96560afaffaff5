"""Where each model predicts well and where not, and whether it knows how far off it is."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from deepallele.report.blocks import NOT_AVAILABLE, Picture, Table, number, percent
from deepallele.report.inputs import Results
from deepallele.report.style import BLACK, CYCLE, GREY, figure, grid, ratio_label, say_empty, svg

PANELS = {
    "variants": "variants in the window (0: equal windows)",
    "informative": "informative pairs",
    "distance": "nearest variant, bp from the centre",
}
# Share of the room of a bin over which the models' points are spread.
SPREAD = 0.5


def strata_picture(results: Results) -> Picture:
    """Draw R of the log ratio in parts of the regions, and the coverage of the intervals, for all models."""
    label = ratio_label(results.haplotypes)
    with figure(10.5, 7.0, 2, 2) as (made, axes):
        for ax, (key, name) in zip(axes.flat, PANELS.items(), strict=False):
            _draw_strata(ax, results, key)
            ax.set(xlabel=name, ylabel=f"R of {label}")
        _draw_coverage(axes[1, 1], results)
        handles, names = axes[0, 0].get_legend_handles_labels()
        if handles:
            made.legend(handles, names, loc="outside upper left", ncols=min(len(names), 6))
        drawn = svg(made)
    caption = (
        f"Out-of-fold R of {label} in parts of the test regions, all folds together, with 95 % intervals "
        "(Fisher's z); n is the number of regions. Black lines: what a perfect prediction of these regions "
        "would reach given the counting noise. No point stands where a model predicts the same for all. "
        "Lower right: share of measured ratios that lie inside an interval around the prediction, made of "
        f"the error that validation regions tell and of the counting noise.{_of_activities(results)}"
    )
    return Picture("model_strata", "Agreement by variants, depth and place; coverage", drawn, caption)


def _of_activities(results: Results) -> str:
    if results.dataset.activity is None:
        return ""
    return " Activities have no counting noise that could be told: intervals are for the measured ratio."


def _draw_strata(ax: Axes, results: Results, key: str) -> None:
    parts = {model: results.metrics[model]["strata"].get(key, []) for model in results.models}
    shown = next(iter(parts.values()))
    if not any(parts.values()):
        say_empty(ax, "No fragments were counted." if key == "informative" else "No region can be shown.")
        return
    best, middle = _column(shown, "ceiling"), np.arange(len(shown))
    if np.isfinite(best).any():
        ax.hlines(best, middle - 0.4, middle + 0.4, color=BLACK, linewidth=1, label="ceiling")
    for index, (model, strata) in enumerate(parts.items()):
        x = np.arange(len(strata)) + _shift(index, len(parts))
        r, low, high = (_column(strata, name) for name in ("r", "r_low", "r_high"))
        colour = CYCLE[index % len(CYCLE)]
        ax.vlines(x, low, high, color=colour, linewidth=1.2, alpha=0.8)
        ax.plot(x, r, "o", color=colour, markersize=4, label=model)
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set_xticks(
        range(len(shown)), [f"{part['label']}\nn {_short(part['n'])}" for part in shown], fontsize=9
    )
    ax.set_xlim(-0.5, len(shown) - 0.5)
    ax.set_ylim(top=1.02)
    grid(ax, "y")


def _shift(index: int, models: int) -> float:
    return SPREAD * (index / (models - 1) - 0.5) if models > 1 else 0.0


def _column(strata: list[dict[str, Any]], name: str) -> NDArray[np.float64]:
    return np.array([np.nan if part[name] is None else part[name] for part in strata], dtype=float)


def _short(n: int) -> str:
    """Write a number of regions in few letters."""
    return f"{n:,}" if n < 10_000 else f"{n / 1000:.0f}k"


def _draw_coverage(ax: Axes, results: Results) -> None:
    found = {model: results.metrics[model]["coverage"] for model in results.models}
    known = {model: value for model, value in found.items() if value["all"]["n"]}
    if not known:
        say_empty(ax, "No region has a prediction with an error.")
        return
    nominal = next(iter(known.values()))["nominal"]
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
    for index, model in enumerate(results.models):
        if model in known:
            colour = CYCLE[index % len(CYCLE)]
            x = np.array(nominal) + 0.05 * _shift(index, len(results.models))
            ax.plot(x, known[model]["all"]["observed"], "o", color=colour, markersize=4)
    ax.set_xticks(nominal, [f"{100 * share:.0f} %" for share in nominal])
    ax.set_yticks(nominal, [f"{100 * share:.0f} %" for share in nominal])
    lowest = min(share for value in known.values() for share in value["all"]["observed"])
    ax.set(xlim=(0.4, 1.0), ylim=(min(0.3, lowest - 0.05), 1.02), xlabel="expected inside", ylabel="inside")
    grid(ax)


def checks_table(results: Results) -> Table:
    """Tabulate sign, behaviour on equal and exchanged windows, and single seeds, a row per model."""
    label = ratio_label(results.haplotypes)
    least = results.metrics[results.model]["sign"]["min_abs_log_ratio"]
    columns = ["model", "sign right", "95 % interval", "regions", "sign right, significant regions"]
    columns += ["equal windows", "exchanged windows", "R of single seeds", "sd over seeds"]
    columns += ["R of counts, single seeds", "sd over seeds", "95 % interval holds"]
    rows = [[model, *_checks(results.metrics[model])] for model in results.models]
    caption = (
        f"Sign of {label}: right in the regions whose measured one is above {number(least, 1)} in size (95 % "
        "interval: Wilson), and in those of significant imbalance (FDR below 0.05; NA: not tested). Equal "
        "windows: largest size of a ratio predicted for two equal sequences. Exchanged windows: largest sum "
        "of the ratios predicted for two sequences and for the same exchanged. Both should be 0; a head that "
        "sees both sequences together, as that of multi_head, does not give that by itself. Single seeds: "
        "mean over folds, then over seeds; counts: of both haplotypes. Last column: share of the measured "
        "ratios, see the figure above."
    )
    return Table("Sign, symmetry and seeds", columns, rows, caption)


def _checks(metrics: dict[str, Any]) -> list[str]:
    sign, seeds = metrics["sign"]["imbalanced"], metrics["seeds"]
    counts = [[number(seeds[f"count_{side}_r{end}"]) for side in "ab"] for end in ("", "_sd")]
    identical, exchanged = metrics.get("identical", {}), metrics.get("antisymmetry", {})
    equal = [identical.get(key) for key in ("max_abs", "max_abs_made")]
    return [
        percent(sign["accuracy"]),
        f"{percent(sign['low'])} to {percent(sign['high'])}" if sign["n"] else NOT_AVAILABLE,
        number(sign["n"]),
        percent(metrics["sign"].get("significant", {}).get("accuracy")),
        number(max((value for value in equal if value is not None), default=None)),
        number(exchanged.get("max_abs")),
        number(seeds["ratio_r"]),
        number(seeds["ratio_r_sd"]),
        *(" / ".join(values) for values in counts),
        percent(metrics["coverage"]["all"]["observed"][-1]),
    ]
