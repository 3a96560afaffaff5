"""Assignment of reads to haplotypes: what became of the pairs, and the balance."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepallele.report.blocks import Block, Picture, Section, Table, Text, number, percent
from deepallele.report.inputs import Results
from deepallele.report.style import (
    A_COLOUR,
    B_COLOUR,
    BLACK,
    CYCLE,
    GREY,
    LIGHT,
    contig_order,
    figure,
    grid,
    svg,
)

# Classes of allele_stats.json that add up to pairs_in, in the order of the bars.
KEPT = ("informative_A", "informative_B", "ambiguous")
REMOVED = (
    *("hemizygous", "duplicates", "blacklisted", "excluded_contig", "low_mapq", "unlifted"),
    *("different_place", "discordant", "one_mate", "unaligned"),
)
Z_95 = 1.959964


def quality(results: Results) -> Section:
    """Show the classes of read pairs of each sample, and the share of A."""
    first = results.haplotypes[0]
    text = (
        "Each read pair is in exactly one class. An informative pair is explained better by one haplotype; "
        "an ambiguous pair equally well by both. Without imbalance or reference bias the share of "
        f"{first} among informative pairs is near 50 %."
    )
    blocks: list[Block] = [Text(text), _classes(results), _balance(results), _table(results)]
    blocks += [_control(results), *_warnings(results)]
    return Section("alleles", "Allele assignment", blocks)


def _labels(results: Results) -> dict[str, str]:
    names = {"informative_A": results.haplotypes[0], "informative_B": results.haplotypes[1]}
    return {key: names.get(key, key.replace("_", " ")) for key in (*KEPT, *REMOVED)}


def _classes(results: Results) -> Picture:
    stats, labels = results.allele_stats, _labels(results)
    kept_colours = (A_COLOUR, B_COLOUR, LIGHT)
    shades = [str(shade) for shade in np.linspace(0.35, 0.85, len(REMOVED))]
    with figure(10, 1.6 + 0.35 * len(stats)) as (made, axes):
        ax = axes[0, 0]
        left = np.zeros(len(stats))
        total = np.array([max(sample["pairs_in"], 1) for sample in stats.values()])
        for key, colour in zip((*KEPT, *REMOVED), (*kept_colours, *shades), strict=True):
            width = np.array([sample[key] for sample in stats.values()]) / total
            if not width.any():
                continue
            hatch = None if key in KEPT else "///"
            options: dict[str, Any] = {"hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
            ax.barh(
                range(len(stats)), 100 * width, left=100 * left, color=colour, label=labels[key], **options
            )
            left += width
        ax.set_yticks(range(len(stats)), list(stats))
        ax.invert_yaxis()
        ax.set(xlabel="share of read pairs (%)", xlim=(0, 100))
        made.legend(loc="outside upper center", ncols=6)
        drawn = svg(made)
    caption = "What became of the read pairs of each sample. Hatched: removed."
    return Picture("allele_classes", "Classes of read pairs", drawn, caption)


def _balance(results: Results) -> Picture:
    first, second = results.haplotypes
    stats = results.allele_stats
    contigs = sorted({name for sample in stats.values() for name in sample["contigs"]}, key=contig_order)
    with figure(10, 3.4, 2, width_ratios=(1, 2)) as (made, axes):
        per_sample, per_contig = axes[0]
        for row, sample in enumerate(stats.values()):
            _dot(per_sample, row, sample, BLACK)
        per_sample.set_xticks(range(len(stats)), list(stats), rotation=90)
        for place, (name, sample) in enumerate(stats.items()):
            colour = CYCLE[place % len(CYCLE)]
            for column, contig in enumerate(contigs):
                if contig in sample["contigs"]:
                    shift = (place - (len(stats) - 1) / 2) * 0.6 / len(stats)
                    _dot(per_contig, column + shift, sample["contigs"][contig], colour)
            per_contig.plot([], [], "o", color=colour, markersize=4, label=name)
        per_contig.set_xticks(range(len(contigs)), contigs, rotation=90)
        if 1 < len(stats) <= len(CYCLE):
            per_contig.legend(ncols=3)
        for ax in (per_sample, per_contig):
            ax.margins(x=0.1)
            ax.axhline(0.5, color=GREY, linestyle="--", linewidth=0.8)
            grid(ax, "y")
            ax.set_ylabel(f"{first} / ({first} + {second})")
        per_sample.set_title("samples")
        per_contig.set_title("contigs")
        drawn = svg(made)
    caption = "Share of informative pairs of the first haplotype, with 95 % confidence intervals (Wilson)."
    return Picture("allele_balance", "Balance of the haplotypes", drawn, caption)


def _dot(axes: Any, x: float, counts: Mapping[str, Any], colour: str) -> None:
    a, n = counts["informative_A"], counts["informative_A"] + counts["informative_B"]
    if not n:
        return
    share, spread = a / n, Z_95**2 / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    axes.plot([x, x], [centre - half, centre + half], color=colour, linewidth=1)
    axes.plot([x], [share], "o", color=colour, markersize=4)


def _table(results: Results) -> Table:
    stats, labels = results.allele_stats.values(), _labels(results)
    rows = [["all", *(number(sample["pairs_in"]) for sample in stats)]]
    rows += [[label, *(number(sample[key]) for sample in stats)] for key, label in labels.items()]
    rows.append(["informative share of the pairs kept", *(percent(s["informative_share"]) for s in stats)])
    rows.append([f"share of {results.haplotypes[0]}", *(percent(sample["bias"]) for sample in stats)])
    return Table("Read pairs by class", ["class", *results.allele_stats], rows)


def _control(results: Results) -> Table:
    checks = [sample["qc"] for sample in results.allele_stats.values()]
    shares = {
        "SNPs with both alleles, of the well covered": [c["fit"]["both_alleles"]["share"] for c in checks],
        "bases at SNPs that are one of the two alleles": [c["fit"]["allele_share"]["share"] for c in checks],
        "SNPs of the VCF that are likely false": [c["vcf"]["false"]["share"] for c in checks],
        "SNPs of the reads that the VCF lacks": [c["vcf"]["missing"]["share"] for c in checks],
        "foreign bases at SNPs": [c["contamination"]["third_base"]["excess"] for c in checks],
        "informative share, expected": [c["coverage"]["expected_informative"]["share"] for c in checks],
        "informative share, found": [c["coverage"]["informative"]["share"] for c in checks],
    }
    rows = [["fit of the VCF", *(check["fit"]["verdict"] or "not tested" for check in checks)]]
    rows += [[name, *map(percent, values)] for name, values in shares.items()]
    return Table("Quality control", ["check", *results.allele_stats], rows)


def _warnings(results: Results) -> list[Block]:
    stats = results.allele_stats.items()
    return [Text(f"Warning, {name}: {text}.") for name, sample in stats for text in sample["qc"]["warnings"]]
