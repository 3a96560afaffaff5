"""Sequence logos: contributions around main variants, and motifs."""

import logomaker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from deepallele.report.blocks import Picture, Section, Text, number
from deepallele.report.inputs import Results
from deepallele.report.style import BASE_COLOURS, ORANGE, figure, say_empty, svg

BASES = "ACGT"
EXAMPLES = 4
FLANK = 30


def attributions(results: Results) -> Section:
    """Show the contributions of both haplotypes around the main variant of a few trusted regions."""
    first, second = results.haplotypes
    text = (
        f"Contribution of each base to its own haplotype's side of the log ratio "
        f"({results.config['attribute']['method']}), out of fold: upwards raises the haplotype that the "
        f"base belongs to. Regions: the trusted ones whose main variant has the largest effect. Upper row: "
        f"{first}; lower row: {second}. The main variant is shaded."
    )
    return Section("attributions", "Contributions", [Text(text), _examples(results)])


def _examples(results: Results) -> Picture:
    chosen = _choose(results)
    height = 2.9 * max(len(chosen), 1)
    with figure(10.5, height if len(chosen) else 1.5, 1, max(2 * len(chosen), 1)) as (made, axes):
        if chosen.empty:
            say_empty(axes[0, 0], "No trusted region has a scored main variant inside both windows.")
        contribution = _observed(results, chosen["row"].tolist())
        for place, row in enumerate(chosen.itertuples()):
            pair = axes[2 * place : 2 * place + 2, 0]
            _one_example(pair, row, contribution[place], results)
        drawn = svg(made)
    caption = "Positions are relative to the first base of the variant's allele in each haplotype."
    if results.dataset.reverse.any():
        caption += " Windows, and so their logos, are read in the direction of the gene."
    return Picture("attributions", "Trusted regions with strong main variants", drawn, caption)


def _choose(results: Results) -> pd.DataFrame:
    """Main variants of trusted regions that lie inside both windows, strongest first, one per region."""
    dataset = results.dataset
    predictions = results.predictions[results.model]
    trusted = predictions[predictions["trusted"]][["region", "log_ratio", "measured_log_ratio"]]
    main = results.variants[results.variants["main"]].merge(trusted, on="region", how="inner")
    for side in "ab":
        offset = main[f"offset_{side}"]
        main = main[(offset >= 0) & (offset < dataset.sequence.shape[2])]
    main = main.assign(row=pd.Index(dataset.region["name"]).get_indexer(main["region"]))
    order = main["effect"].abs().sort_values(ascending=False, kind="stable").index[:EXAMPLES]
    return main.loc[order]


def _observed(results: Results, rows: list[int]) -> NDArray[np.float32]:
    """Contributions of the bases present, float32 (r, 2, 4, L), in the order of `rows`."""
    ordered = sorted(rows)
    back = [ordered.index(row) for row in rows]
    hypothetical = results.contributions(ordered)[back]
    codes = results.dataset.sequence[rows]
    present = codes[:, :, None, :] == np.arange(4, dtype=np.uint8)[:, None]
    return np.asarray(hypothetical * present, dtype=np.float32)


def _one_example(pair, row, contribution: NDArray[np.float32], results: Results) -> None:  # type: ignore[no-untyped-def]
    values = []
    for side, ax in enumerate(pair):
        offset = (row.offset_a, row.offset_b)[side]
        start, stop = max(offset - FLANK, 0), min(offset + FLANK + 1, contribution.shape[2])
        part = contribution[side, :, start:stop].T
        draw_logo(ax, part, start - offset)
        allele = (row.allele_a, row.allele_b)[side]
        ax.axvspan(-0.5, min(len(allele), FLANK) - 0.5, color=ORANGE, alpha=0.3, zorder=-5, linewidth=0)
        ax.set(xlim=(-FLANK - 0.5, FLANK + 0.5), ylabel=f"{results.haplotypes[side]}\n(log2)")
        values += [part.sum(axis=1).min(initial=0), part.sum(axis=1).max(initial=0)]
    for ax in pair:
        ax.set_ylim(min(values) * 1.1 - 1e-6, max(values) * 1.1 + 1e-6)
    label = f"log2({results.haplotypes[0]}/{results.haplotypes[1]})"
    pair[0].set_title(
        f"{row.region}   {shorten(row.variant)}   {label}: effect {number(row.effect, 2)}, "
        f"predicted {number(row.log_ratio, 2)}, measured {number(row.measured_log_ratio, 2)}",
        fontsize=10,
    )
    pair[0].tick_params(labelbottom=False)
    pair[1].set_xlabel("position relative to the variant (bp)")


def draw_logo(ax: Axes, matrix: NDArray[np.floating], first: int = 0) -> None:
    """Draw a matrix, shape=(w, 4) in the order A, C, G, T, as letters; `first` is the first position."""
    table = pd.DataFrame(np.asarray(matrix, dtype=float), columns=list(BASES))
    table.index = pd.RangeIndex(first, first + len(table))
    logomaker.Logo(table, ax=ax, color_scheme=BASE_COLOURS, baseline_width=0.5)


def motif_logo(matrix: NDArray[np.floating]) -> bytes:
    """Give the logo of a contribution weight matrix, shape=(w, 4), as SVG without axes."""
    with figure(0.13 * max(len(matrix), 8), 0.75) as (made, axes):
        ax = axes[0, 0]
        if len(matrix):
            draw_logo(ax, matrix)
        ax.set_axis_off()
        return svg(made)


def shorten(text: str, most: int = 40) -> str:
    """Cut a long text in its middle."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"
