"""Effects of the variants and the main variant of each region."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from deepallele.report.blocks import Picture, Section, Table, Text, number
from deepallele.report.inputs import Results
from deepallele.report.style import (
    BLUE,
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

TOP = 10


def effects(results: Results) -> Section:
    """Show how far one variant explains a region's predicted log ratio."""
    label, variants = ratio_label(results.haplotypes), results.variants
    unscored = int((~variants["scored"]).sum())
    text = (
        f"{len(variants):,} pairs of a region and a variant between the haplotypes, scored with model "
        f"{results.model}; {unscored:,} could not be placed in both windows and have no score. The effect of "
        f"a variant is the part of {label} that it contributes: each allele is put into the other "
        "haplotype, and the two changes are averaged. The main variant of a region has the largest effect, "
        "whatever its sign."
    )
    return Section("variants", "Variant effects", [Text(text), _main_effects(results), _top(results)])


def _main(results: Results) -> pd.DataFrame:
    """Main variants with the prediction of their region."""
    main = results.variants[results.variants["main"]]
    columns = ["region", "log_ratio", "measured_log_ratio", "z", "trusted"]
    return main.merge(
        results.predictions[results.model][columns], on="region", how="inner", validate="many_to_one"
    )


def _main_effects(results: Results) -> Picture:
    label, main = ratio_label(results.haplotypes), _main(results)
    with figure(10, 4.2, 2) as (made, axes):
        left, right = axes[0]
        if len(main):
            trusted = main["trusted"]
            scatter(left, main["effect"][~trusted], main["log_ratio"][~trusted], GREY, label="other regions")
            scatter(
                left, main["effect"][trusted], main["log_ratio"][trusted], VERMILION, label="trusted regions"
            )
            same_limits(left, main["effect"], main["log_ratio"])
            left.set(xlabel=f"effect of the main variant, {label}", ylabel=f"predicted {label}")
            left.set_title(f"R = {number(pearson(main['effect'], main['log_ratio']), 2)}")
            left.legend(markerscale=2)
        else:
            say_empty(left, "No region has a scored variant.")
        _counts(right, results)
        drawn = svg(made)
    caption = (
        f"Left: effect of each region's main variant against the predicted {label}; on the dashed line one "
        "variant explains all. Right: variants between the haplotypes per region."
    )
    return Picture("main_variants", "Main variants", drawn, caption)


def _counts(axes: Axes, results: Results) -> None:
    per_region = np.bincount(results.dataset.variant["region"], minlength=len(results.dataset.region))
    if not len(per_region):
        say_empty(axes, "The dataset holds no region.")
        return
    values, regions = np.unique(np.minimum(per_region, 15), return_counts=True)
    axes.bar(values, regions, color=BLUE)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="variants in the region's window (15: 15 or more)", ylabel="regions")
    axes.set_title(f"{int((per_region == 0).sum()):,} regions without a variant")
    grid(axes, "y")


def _top(results: Results) -> Table:
    label, main = ratio_label(results.haplotypes), _main(results)
    main = main[main["trusted"]]
    order = main["effect"].abs().sort_values(ascending=False, kind="stable").index[:TOP]
    first, second = results.haplotypes
    columns = ["region", "variant", f"{first} allele", f"{second} allele", "effect"]
    columns += [f"predicted {label}", f"measured {label}"]
    rows = [
        [
            *(str(value) for value in (row.region, row.variant, row.allele_a, row.allele_b)),
            *(number(value, 2) for value in (row.effect, row.log_ratio, row.measured_log_ratio)),
        ]
        for row in main.loc[order].itertuples()
    ]
    note = "" if rows else "No trusted region has a scored variant."
    words = ["variant", f"{first} allele", f"{second} allele"]
    return Table("Strongest main variants of trusted regions", columns, rows, note, words)
