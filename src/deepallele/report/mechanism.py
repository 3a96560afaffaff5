"""Mechanisms: which motif each main variant changes."""

import numpy as np
import pandas as pd

from deepallele.report.blocks import Block, Picture, Section, Table, Text, number, percent, word
from deepallele.report.inputs import Results
from deepallele.report.logos import shorten
from deepallele.report.style import GREY, SKY, VERMILION, figure, grid, ratio_label, say_empty, svg

TOP = 15
BARS = 20
OTHER, OUTSIDE = "other clusters", "outside any motif"


def mechanism(results: Results) -> Section:
    """Show the share of main variants per cluster, the factors, and the regions explained best."""
    table = results.mechanisms
    main = table[table["variant"].notna()]
    trusted = main[main["trusted"]]
    text = (
        f"{len(main):,} of {len(table):,} regions have a main variant; {_inside(main)} of these lie in a "
        f"motif (a seqlet that belongs to a cluster). Of the {len(trusted):,} in trusted regions, "
        f"{_inside(trusted)}."
    )
    blocks: list[Block] = [Text(text), _shares(results), _factors(results), _top(results)]
    return Section("mechanisms", "Mechanisms", blocks)


def _inside(table: pd.DataFrame) -> str:
    return percent(table["in_motif"].mean()) if len(table) else "none"


def _shares(results: Results) -> Picture:
    names, values = _bars(results.cluster_shares)
    with figure(10, 1.2 + 0.28 * len(names)) as (made, axes):
        ax = axes[0, 0]
        if np.isfinite(values).any():
            colours = [{OTHER: SKY, OUTSIDE: GREY}.get(name, VERMILION) for name in names]
            bars = ax.barh(range(len(names)), 100 * np.nan_to_num(values), color=colours)
            ax.bar_label(bars, [percent(value) for value in values], padding=3, fontsize=9)
            ax.set_yticks(range(len(names)), names)
            ax.invert_yaxis()
            ax.set_xlabel("share of the regions' main variants (%)")
            ax.margins(x=0.12)
            grid(ax, "x")
        else:
            say_empty(ax, "No region has a main variant.")
        drawn = svg(made)
    caption = "Share of the main variants that change a seqlet of each cluster, with its best name."
    return Picture("mechanisms", "Main variants by motif", drawn, caption)


def _bars(shares: pd.DataFrame) -> tuple[list[str], list[float]]:
    """Names and shares of the largest clusters, of all others together, and outside any motif."""
    shares = shares.sort_values(["n_main", "cluster"], ascending=[False, True], kind="stable")
    inside = shares[(shares["cluster"] >= 0) & (shares["n_main"] > 0)]
    shown, rest = inside.iloc[:BARS], inside.iloc[BARS:]
    names, values = _cluster_names(shown), shown["share_main"].tolist()
    if len(rest):
        names, values = [*names, OTHER], [*values, rest["share_main"].sum()]
    outside = shares.loc[shares["cluster"] < 0, "share_main"].sum(min_count=1)
    return [*names, OUTSIDE], [*values, outside]


def _cluster_names(table: pd.DataFrame) -> list[str]:
    named = zip(table["motif"], table["tf"], strict=True)
    return [f"{motif}: {'no name' if pd.isna(tf) else tf}" for motif, tf in named]


def _factors(results: Results) -> Table:
    rows = [
        [str(row.name), number(row.score, 1), number(row.n_regions), percent(row.share)]
        for row in results.factors.head(TOP).itertuples(index=False)
    ]
    caption = (
        "Score: sum over clusters of -log10(p of the match) times the regions whose main variant changes the "
        "cluster's motif. The best factor takes its clusters; the next is sought among the others."
        if rows
        else "No main variant changes a motif with a name."
    )
    return Table("Transcription factors", ["factor", "score", "regions", "share"], rows, caption)


def _top(results: Results) -> Table:
    label, table = ratio_label(results.haplotypes), results.mechanisms
    chosen = table[table["trusted"] & table["in_motif"]]
    order = chosen["effect"].abs().sort_values(ascending=False, kind="stable").index[:TOP]
    rows = [
        [
            str(row.region),
            *(number(value, 2) for value in (row.measured_log_ratio, row.predicted_log_ratio)),
            shorten(word(row.variant)),
            number(row.effect, 2),
            *(word(value) for value in (row.motif, row.tf)),
        ]
        for row in chosen.loc[order].itertuples()
    ]
    columns = [
        "region",
        f"measured {label}",
        f"predicted {label}",
        "main variant",
        "effect",
        "motif",
        "factor",
    ]
    note = "" if rows else "No trusted region has its main variant in a motif."
    return Table("Explained regions", columns, rows, note, ["main variant", "motif", "factor"])
