"""Peaks, counts and allelic imbalance."""

import numpy as np

from deepallele.report.blocks import Picture, Section, Table, Text, number, probability
from deepallele.report.inputs import Results
from deepallele.report.style import (
    A_COLOUR,
    BLACK,
    GREY,
    VERMILION,
    figure,
    grid,
    ratio_label,
    say_empty,
    scatter,
    svg,
)

TOP = 10


def regions(results: Results) -> Section:
    """Show the distribution of the log ratio, and which regions are imbalanced."""
    imbalance = results.imbalance
    summary = results.json("counts/imbalance.json")
    text = (
        f"{len(imbalance):,} regions, each counted in {len(results.dataset.sample)} samples; "
        f"{number(summary['tested'])} have enough informative pairs to be tested "
        f"(counts.min_informative {results.config['counts']['min_informative']}), "
        f"{number(summary['significant'])} are imbalanced at FDR below 0.05. The test is beta-binomial "
        f"around an even share; its overdispersion is {number(summary['overdispersion'], 4)}."
    )
    return Section("regions", "Regions", [Text(text), _distribution(results), _top(results)])


def _distribution(results: Results) -> Picture:
    label, table = ratio_label(results.haplotypes), results.imbalance
    tested = table[table["fdr"].notna()]
    with figure(10, 3.8, 2) as (made, axes):
        histogram, ma = axes[0]
        if len(tested):
            significant = tested["fdr"] < 0.05
            histogram.hist(tested["log_ratio"], bins=60, color=A_COLOUR)
            histogram.axvline(0, color=BLACK, linewidth=0.8)
            histogram.axvline(tested["log_ratio"].median(), color=VERMILION, linestyle="--", label="median")
            histogram.set(xlabel=label, ylabel="regions")
            histogram.legend()
            depth = np.log2(tested["count_a"] + tested["count_b"])
            scatter(
                ma, depth[~significant], tested["log_ratio"][~significant], GREY, label="FDR at least 0.05"
            )
            scatter(
                ma, depth[significant], tested["log_ratio"][significant], VERMILION, label="FDR below 0.05"
            )
            ma.axhline(0, color=BLACK, linewidth=0.8)
            ma.set(xlabel="log2(informative pairs)", ylabel=label)
            ma.legend(markerscale=2)
            grid(ma)
        else:
            for ax in axes[0]:
                say_empty(ax, "No region has enough informative pairs to be tested.")
        drawn = svg(made)
    caption = f"Tested regions. Left: distribution of {label}. Right: {label} against depth."
    return Picture("log_ratio", "Allelic log ratio", drawn, caption)


def _top(results: Results) -> Table:
    table = results.imbalance
    chosen = table[table["fdr"] < 0.05].sort_values(["p_value", "region"], kind="stable").head(TOP)
    first, second = results.haplotypes
    columns = ["region", first, second, "ambiguous", ratio_label(results.haplotypes), "p", "FDR"]
    rows = [
        [
            str(row.region),
            *(number(value) for value in (row.count_a, row.count_b, row.count_ambiguous)),
            number(row.log_ratio, 2),
            probability(row.p_value),
            probability(row.fdr),
        ]
        for row in chosen.itertuples()
    ]
    note = "" if rows else "No region is imbalanced at FDR below 0.05."
    return Table("Most imbalanced regions", columns, rows, note)
