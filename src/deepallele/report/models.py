"""How well each model predicts, beside the others and the ceiling."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from deepallele.report.accuracy import checks_table, strata_picture
from deepallele.report.blocks import Block, Picture, Section, Table, Text, number
from deepallele.report.inputs import Results
from deepallele.report.style import (
    A_COLOUR,
    B_COLOUR,
    BLACK,
    CYCLE,
    GREY,
    VERMILION,
    figure,
    grid,
    pearson,
    ratio_label,
    same_limits,
    say_empty,
    scatter,
    svg,
)

MODEL_TYPES = {
    "single_head": "single_head, the baseline, sees one sequence and predicts its count",
    "computed_ratio": "computed_ratio trains on both genomes and takes the difference of its counts",
    "multi_head": "multi_head predicts counts and, from both sequences together, the ratio",
    "recommended": "recommended takes the ratio as the difference of one score per haplotype, so that it is "
    "zero for equal sequences and changes sign when they are exchanged",
}


def models(results: Results) -> Section:
    """Show R of the log ratio and of the counts for all models, and predictions against measurements."""
    label = ratio_label(results.haplotypes)
    ceiling = _ceiling(results)
    text = (
        f"R is Pearson's correlation with the measured {label} on test regions that neither training nor "
        "early stopping saw, mean over folds of the seeds' mean prediction. Regions with fewer than "
        f"{results.config['counts']['min_informative']} informative pairs have no say in it. The ceiling "
        f"({number(ceiling)}) is what a perfect prediction would reach given the counting noise (random "
        f"halves of the pairs, Spearman-Brown). {_replicates(results)}What the sequence does not explain of "
        "a region's counts cancels in the ratio where both haplotypes share it."
    )
    blocks: list[Block] = [
        Text(text),
        Text(_baselines(results)),
        _bars(results),
        _scores(results),
        strata_picture(results),
        checks_table(results),
        _ratio_scatter(results),
        _count_scatter(results),
    ]
    return Section("models", "Models", blocks)


def _baselines(results: Results) -> str:
    types = {str(metrics["type"]) for metrics in results.metrics.values()}
    told = [text for kind, text in MODEL_TYPES.items() if kind in types]
    return "Model types: " + "; ".join(told) + "." if told else ""


def _replicates(results: Results) -> str:
    """Say how well the samples agree, and what could be reached at most if they are replicates."""
    test = results.metrics[results.model]["test"]
    if test.get("replicate_r") is None:
        return ""
    return (
        f"Log ratios of two samples agree with R = {number(test['replicate_r'])}; if the samples are "
        f"replicates, a perfect prediction would reach {number(test['replicate_ceiling'])}. "
    )


def _ceiling(results: Results) -> float | None:
    value = results.metrics[results.model]["test"].get("ceiling")
    return None if value is None else float(value)


def _run_scores(metrics: dict[str, Any], key: str) -> list[float]:
    """R of every fold and seed on its test part."""
    values = [run["test"].get(key) for run in metrics["folds"]]
    return [float(value) for value in values if value is not None]


def _bars(results: Results) -> Picture:
    label, ceiling = ratio_label(results.haplotypes), _ceiling(results)
    first, second = results.haplotypes
    with figure(10, 3.9, 2) as (made, axes):
        ratio, count = axes[0]
        _bar_group(ratio, results, [("ratio_r", "ratio_pearson", None, None)])
        if ceiling is not None:
            ratio.axhline(ceiling, color=BLACK, linestyle="--", linewidth=1)
            ratio.annotate(
                "ceiling", (0.01, ceiling), xycoords=("axes fraction", "data"), va="bottom", fontsize=9
            )
        ratio.set_ylabel(f"R of {label}")
        _bar_group(
            count,
            results,
            [
                ("count_a_r", "count_a_pearson", A_COLOUR, first),
                ("count_b_r", "count_b_pearson", B_COLOUR, second),
            ],
        )
        count.set_ylabel("R of log2 counts")
        count.legend(loc="upper left", bbox_to_anchor=(0, 1.12), ncols=2)
        drawn = svg(made)
    caption = (
        f"Test R of {label} (left) and of the counts of each haplotype (right). Bars: the seeds' mean "
        "prediction, mean over folds. Points: single seeds and folds."
    )
    return Picture("model_r", "Agreement of each model with the measurements", drawn, caption)


def _bar_group(ax: Axes, results: Results, scores: list[tuple[str, str, str | None, str | None]]) -> None:
    width = 0.7 / len(scores)
    lowest = 0.0
    for index, (name, run_name, colour, haplotype) in enumerate(scores):
        for place, model in enumerate(results.models):
            metrics = results.metrics[model]
            x = place + (index - (len(scores) - 1) / 2) * width
            height = metrics["test"].get(name)
            shown = 0.0 if height is None else height
            label = haplotype if place == 0 else None
            ax.bar(x, shown, width * 0.92, color=colour or CYCLE[place % len(CYCLE)], label=label)
            runs = _run_scores(metrics, run_name)
            spread = np.linspace(-0.25, 0.25, len(runs)) * width if len(runs) > 1 else np.zeros(len(runs))
            ax.plot(x + spread, runs, "o", color=BLACK, markersize=2.5)
            top = max(0.0, shown, *runs)
            ax.annotate(
                number(height, 2), (x, top), (0, 4), textcoords="offset points", ha="center", fontsize=9
            )
            lowest = min(lowest, shown, *runs)
    ax.set_xticks(range(len(results.models)), [name.replace("_", "\n") for name in results.models])
    ax.set_ylim(lowest - 0.04 if lowest < 0 else 0.0, 1.05)
    grid(ax, "y")


def _scores(results: Results) -> Table:
    first, second = results.haplotypes
    label = ratio_label(results.haplotypes)
    columns = ["model", "type", "seeds", f"R {label}", "sd over folds", "Spearman"]
    columns += ["share of the ceiling", "ceiling", "ceiling of replicates"]
    columns += [f"R counts {first}", f"R counts {second}"]
    ceiling, rows = _ceiling(results), []
    for model in results.models:
        test = results.metrics[model]["test"]
        share = test["ratio_r"] / ceiling if ceiling and test["ratio_r"] is not None else None
        seeds = len({run["seed"] for run in results.metrics[model]["folds"]})
        values = [test["ratio_r"], test["ratio_r_sd"], test["ratio_spearman"], share, ceiling]
        values.append(test.get("replicate_ceiling"))
        values += [test["count_a_r"], test["count_b_r"]]
        rows.append([model, str(results.metrics[model]["type"]), str(seeds), *map(number, values)])
    return Table("Scores on test regions", columns, rows, words=["type"])


def _ratio_scatter(results: Results) -> Picture:
    label = ratio_label(results.haplotypes)
    least = results.config["counts"]["min_informative"] if results.dataset.activity is None else 0
    columns = 4 if len(results.models) == 4 else 3
    rows = -(-len(results.models) // columns)
    with figure(10.5, 11 / columns * rows, columns, rows) as (made, axes):
        for ax, model in zip(axes.flat, results.models, strict=False):
            table = results.predictions[model]
            table = table[(table["informative"] >= least) & table["log_ratio"].notna()]
            _one_ratio_scatter(ax, table, label)
            r = pearson(table["log_ratio"], table["measured_log_ratio"])
            ax.set_title(f"{model}\nR = {number(r, 2)}")
        for ax in axes.flat[len(results.models) :]:
            ax.set_axis_off()
        drawn = svg(made)
    caption = (
        f"Out-of-fold prediction against measurement of {label}, all folds together (so this R may differ a "
        "little from the mean over folds). Trusted regions, strong and of one sign in both, are orange."
    )
    return Picture("predicted_measured", "Predicted against measured log ratio", drawn, caption)


def _one_ratio_scatter(ax: Axes, table: pd.DataFrame, label: str) -> None:
    if table.empty:
        say_empty(ax, "No region has enough informative pairs.")
        return
    trusted = table["trusted"]
    for rows, colour in ((~trusted, GREY), (trusted, VERMILION)):
        scatter(ax, table["log_ratio"][rows], table["measured_log_ratio"][rows], colour, 7)
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.axvline(0, color=GREY, linewidth=0.6)
    ax.set(xlabel=f"predicted {label}", ylabel=f"measured {label}")


def _count_scatter(results: Results) -> Picture:
    table = results.predictions[results.model]
    measured = results.dataset.log_counts()
    with figure(8, 4, 2) as (made, axes):
        for side, (ax, colour) in enumerate(zip(axes[0], (A_COLOUR, B_COLOUR), strict=True)):
            predicted = table["count_a" if side == 0 else "count_b"].to_numpy(dtype=float)
            if np.isfinite(predicted).any():
                scatter(ax, predicted, measured[:, side], colour, 7)
                same_limits(ax, predicted, measured[:, side])
            else:
                say_empty(ax, "No region has a prediction.")
            r = number(pearson(predicted, measured[:, side]), 2)
            ax.set(xlabel="predicted log2 counts", ylabel="measured log2 counts")
            ax.set_title(f"{results.haplotypes[side]}, R = {r}")
        drawn = svg(made)
    caption = f"Out-of-fold counts of model {results.model} against the measured ones, by haplotype."
    return Picture("predicted_counts", "Predicted against measured counts", drawn, caption)
