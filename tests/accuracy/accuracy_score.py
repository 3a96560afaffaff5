"""Compare haplotypes said with haplotypes true, by class of pair, and posteriors with how often they hold."""

from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pandas as pd
import pysam
from accuracy_reads import Truth
from matplotlib.figure import Figure
from numpy.typing import NDArray

EDGES = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0])


class Calls(NamedTuple):
    """What the tagged BAM says of each fragment; arrays are (n,) in the order of the truth.

    Attributes
    ----------
    written
        bool: whether the fragment is in the BAM.
    haplotype
        int8: HP, 0 where there is none.
    posterior
        float64: XH, the posterior of A; NaN where there is none.
    """

    written: NDArray[np.bool_]
    haplotype: NDArray[np.int8]
    posterior: NDArray[np.float64]


def read_calls(bam: Path, fragments: int) -> Calls:
    """Read HP and XH; raises AssertionError if the mates of a pair do not say the same."""
    seen, haplotype = np.zeros(fragments, dtype=bool), np.zeros(fragments, dtype=np.int8)
    posterior = np.full(fragments, np.nan)
    with pysam.AlignmentFile(str(bam)) as file:
        for read in file:
            name = read.query_name
            row = int(name[1 : name.index(":")])
            tags = dict(read.get_tags())
            said = tags.get("HP", 0), tags.get("XH", np.nan)
            if seen[row]:
                assert said == (haplotype[row], posterior[row]), f"the mates of {name} disagree"
            seen[row], (haplotype[row], posterior[row]) = True, said
    return Calls(seen, haplotype, posterior)


def classes(truth: Truth) -> dict[str, NDArray[np.bool_]]:
    """Classes of fragments by what their reads cover."""
    snps, indels = truth.snps > 0, truth.indels > 0
    return {
        "covers a variant": snps | indels,
        "told apart": truth.told > 0,
        "SNP only": snps & ~indels,
        "indel only": indels & ~snps,
        "indel only, told apart": indels & ~snps & (truth.told > 0),
        "SNP and indel": snps & indels,
        "covers none": ~(snps | indels),
    }


def score(truth: Truth, calls: Calls, first: int = 0) -> pd.DataFrame:
    """Give one row per class of fragments.

    Parameters
    ----------
    truth, calls
        Of the same fragments.
    first
        The true haplotype (0 or 1) that the workflow calls A.

    Returns
    -------
    DataFrame
        `assigned` is a share of all fragments of the class, `precision` of the assigned ones; `share_a` is
        the share of A among the assigned, `true_share_a` among all of the class, `bias` their difference.
        The columns with _sd hold one binomial standard deviation; that of `bias` is 0.5 * sqrt(1 / assigned -
        1 / pairs), by which a loss without preference would move the share.
    """
    true = np.where(truth.haplotype == first, 1, 2)
    rows: list[dict[str, Any]] = []
    for name, members in classes(truth).items():
        given = members & (calls.haplotype > 0)
        pairs, assigned = int(members.sum()), int(given.sum())
        right = int((given & (calls.haplotype == true)).sum())
        share, precision = assigned / max(pairs, 1), right / max(assigned, 1)
        of_a = int((given & (calls.haplotype == 1)).sum()) / max(assigned, 1)
        true_a = int((members & (true == 1)).sum()) / max(pairs, 1)
        rows.append(
            {
                "class": name,
                "pairs": pairs,
                "assigned": share,
                "assigned_sd": _sd(share, pairs),
                "wrong": assigned - right,
                "precision": precision,
                "precision_sd": _sd(precision, assigned),
                "share_a": of_a,
                "true_share_a": true_a,
                "bias": of_a - true_a,
                "bias_sd": 0.5 * np.sqrt(max(1 / max(assigned, 1) - 1 / max(pairs, 1), 0)),
                "not_written": int((members & ~calls.written).sum()),
            }
        )
    return pd.DataFrame(rows).set_index("class")


def _sd(share: float, number: int) -> float:
    return float(np.sqrt(share * (1 - share) / max(number, 1)))


def reliability(truth: Truth, calls: Calls, first: int = 0) -> pd.DataFrame:
    """Compare the posterior of the likelier haplotype with how often that haplotype is the true one.

    Only fragments that are in the BAM and whose posterior is not 0.5 count; one row per interval
    [from, to), the last one closed.
    """
    use = calls.written & (calls.posterior != 0.5)
    posterior = calls.posterior[use]
    right = (posterior > 0.5) == (truth.haplotype[use] == first)
    better = np.maximum(posterior, 1 - posterior)
    index = np.minimum(np.searchsorted(EDGES, better, side="right") - 1, len(EDGES) - 2)
    table = pd.DataFrame({"bin": index, "posterior": better, "right": right}).groupby("bin")
    result = pd.DataFrame({"pairs": table.size(), "said": table["posterior"].mean()})
    result["true"] = table["right"].mean()
    # The spread that the posteriors themselves foretell.
    variance = (1 - result["said"]).clip(lower=1e-6) * result["said"]
    result["sd"] = np.sqrt(variance / result["pairs"])
    result.insert(0, "to", EDGES[result.index + 1])
    result.insert(0, "from", EDGES[result.index])
    return result.reset_index(drop=True)


def precision_above(truth: Truth, calls: Calls, limit: float, first: int = 0) -> tuple[float, int]:
    """Share of right ones among the fragments whose posterior is at least `limit`, and their number."""
    better = np.maximum(calls.posterior, 1 - calls.posterior)
    sure = calls.written & (better >= limit)
    right = (calls.posterior > 0.5) == (truth.haplotype == first)
    return float(right[sure].mean()), int(sure.sum())


def draw_reliability(table: pd.DataFrame, title: str, path: Path) -> None:
    """Draw error foretold against error found, on logarithmic axes, with two standard deviations."""
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(4.5, 4.2), layout="constrained")
        axes = figure.subplots()
        said, found = 1 - table["said"], 1 - table["true"]
        floor = 1e-6
        axes.errorbar(
            said.clip(lower=floor), found.clip(lower=floor), yerr=2 * table["sd"], fmt="o", capsize=2
        )
        axes.plot([floor, 0.5], [floor, 0.5], color="grey", linewidth=1)
        axes.set(xscale="log", yscale="log", xlim=(floor, 1), ylim=(floor, 1), title=title)
        axes.set(xlabel="1 - posterior of the likelier haplotype", ylabel="share of wrong pairs")
        figure.savefig(path, dpi=120)
