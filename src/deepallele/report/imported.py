"""What an imported dataset holds: its log ratios, and how many variants its windows have."""

import numpy as np

from deepallele.report.blocks import Picture, Section, Text, number
from deepallele.report.inputs import Results
from deepallele.report.style import A_COLOUR, BLACK, GREY, VERMILION, figure, grid, ratio_label, scatter, svg


def imported(results: Results) -> Section:
    """Show the distribution of the measured log ratio."""
    dataset = results.dataset
    variants = np.bincount(dataset.variant["region"], minlength=len(dataset.region))
    indel = (dataset.variant["allele_a"].str.len() != dataset.variant["allele_b"].str.len()).sum()
    text = (
        f"{len(dataset.region):,} regions, imported with {len(dataset.sample)} samples "
        f"({', '.join(dataset.sample)}) and no reads. Their variants were found by aligning the two "
        f"sequences: {len(dataset.variant):,}, of which {int(indel):,} change the length; "
        f"{number(float(variants.mean()), 1)} per region on average, none in {int((variants == 0).sum()):,}."
    )
    return Section("regions", "Regions", [Text(text), _distribution(results)])


def _distribution(results: Results) -> Picture:
    label, dataset = ratio_label(results.haplotypes), results.dataset
    ratio, level = dataset.log_ratio(), dataset.log_counts().mean(axis=1)
    unit = "counts" if dataset.activity is None else "activity"
    with figure(10, 3.8, 2) as (made, axes):
        histogram, ma = axes[0]
        histogram.hist(ratio, bins=60, color=A_COLOUR)
        histogram.axvline(0, color=BLACK, linewidth=0.8)
        histogram.axvline(float(np.median(ratio)), color=VERMILION, linestyle="--", label="median")
        histogram.set(xlabel=label, ylabel="regions")
        histogram.legend()
        scatter(ma, level, ratio, GREY)
        ma.axhline(0, color=BLACK, linewidth=0.8)
        ma.set(xlabel=f"mean log2 {unit} of both haplotypes", ylabel=label)
        grid(ma)
        drawn = svg(made)
    caption = (
        f"All regions. Left: distribution of the measured {label}. Right: {label} against the mean of both."
    )
    return Picture("log_ratio", "Allelic log ratio", drawn, caption)
