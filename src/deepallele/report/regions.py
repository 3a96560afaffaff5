"""Peaks, counts and allelic imbalance."""

import numpy as np

from deepallele.report.blocks import Block, Picture, Section, Table, Text, number, probability
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

TOP, P_BINS = 10, 20


def regions(results: Results) -> Section:
    """Show the distribution of the log ratio, and which regions are imbalanced."""
    imbalance = results.imbalance
    unit = "genes (each with a window around its TSS)" if results.config["assay"] == "rna" else "regions"
    summary = results.json("counts/imbalance.json")
    text = (
        f"{len(imbalance):,} {unit}, each counted in {len(results.dataset.sample)} samples; "
        f"{number(summary['tested'])} have enough informative pairs to be tested "
        f"(counts.min_informative {results.config['counts']['min_informative']}), "
        f"{number(summary['significant'])} are imbalanced at FDR below 0.05. The test is beta-binomial "
        f"around an even share; its overdispersion is {number(summary['overdispersion'], 4)}."
    )
    blocks: list[Block] = [Text(text), _distribution(results), _top(results)]
    if results.comparisons:
        blocks.append(_comparisons(results))
    blocks += [Text(f"Warning, dataset: {warning}.") for warning in results.dataset.warnings]
    return Section("regions", "Regions", blocks)


def _distribution(results: Results) -> Picture:
    label, table = ratio_label(results.haplotypes), results.imbalance
    tested = table[table["fdr"].notna()]
    with figure(13, 3.8, 3) as (made, axes):
        histogram, ma, p_values = axes[0]
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
            p_values.hist(tested["p_value"], bins=P_BINS, range=(0, 1), color=GREY)
            p_values.set(xlabel="p value", ylabel="regions", xlim=(0, 1))
        else:
            for ax in axes[0]:
                say_empty(ax, "No region has enough informative pairs to be tested.")
        drawn = svg(made)
    caption = (
        f"Tested regions. Left: distribution of {label}. Middle: {label} against depth. Right: p values, "
        "which are even where no region is imbalanced; imbalanced ones add to the left end."
    )
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


def _comparisons(results: Results) -> Table:
    rows = []
    for name in results.comparisons:
        summary = results.json(f"counts/differential/{name}.json")
        first, second = (
            f"{condition['name']} ({', '.join(condition['samples'])})"
            for condition in (summary["condition_1"], summary["condition_2"])
        )
        rows.append([first, second, number(summary["tested"]), number(summary["significant"])])
    columns = ["first condition", "second condition", "regions tested", "different"]
    note = (
        f"Regions whose {ratio_label(results.haplotypes)} differs between the conditions at FDR below 0.05; "
        "tables of all in counts/differential."
    )
    return Table("Conditions compared", columns, rows, note, ["second condition"])
