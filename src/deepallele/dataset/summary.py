"""Numbers of a dataset that was built, and what its user should know."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from deepallele.dataset.parts import Parts
from deepallele.dataset.schema import LEFT_OUT, TEST, TRAIN, VALIDATION

PART_NAMES = {"train": TRAIN, "validation": VALIDATION, "test": TEST, "left_out": LEFT_OUT}
_MANY_DROPPED = 0.1
_FEW_IN_TEST = 50
_LOW_CEILING = 0.3
_REPLICATES_DIFFER = 0.1


@dataclass
class Tally:
    """Numbers that are counted while windows are cut.

    Attributes
    ----------
    regions, without_variant, cut_short
        Windows kept; of them those without a variant, and those that lack bases of their region for want of
        length (`pad: zeros`).
    variants, clipped, of_two
        Variants of windows; of them those cut by a border, and those where each haplotype has its own
        alternative to the reference.
    """

    regions: int = 0
    without_variant: int = 0
    cut_short: int = 0
    variants: int = 0
    clipped: int = 0
    of_two: int = 0

    def add(self, variant: pd.DataFrame, regions: int, cut_short: int) -> None:
        """Count some more windows with their variants."""
        self.regions += regions
        self.without_variant += regions - variant["region"].nunique()
        self.cut_short += cut_short
        self.variants += len(variant)
        self.clipped += int(variant["clipped"].sum())
        self.of_two += int(variant["alt"].str.contains(",", regex=False).sum())


def build_summary(dropped: pd.DataFrame, tally: Tally, parts: Parts, ceiling: pd.DataFrame) -> dict[str, Any]:
    """Sum up what became of the regions, ready for JSON."""
    reasons = {str(key): int(value) for key, value in dropped["reason"].value_counts().items()}
    folds = [{name: int((fold == part).sum()) for name, part in PART_NAMES.items()} for fold in parts.split]
    shared = parts.shared[["region", "partner"]].to_numpy()
    rows = ceiling.astype(object).where(ceiling.notna(), None)
    return {
        "regions": {"given": tally.regions + len(dropped), "kept": tally.regions, "dropped": reasons},
        "windows": {"without_variant": tally.without_variant, "cut_short": tally.cut_short},
        "variants": {
            "in_windows": tally.variants,
            "clipped": tally.clipped,
            "two_alternatives": tally.of_two,
        },
        "folds": folds,
        "shared_sequence": {
            "pairs": len(parts.shared),
            "regions": len(np.unique(shared.astype(str))),
            "action": parts.action,
            "left_out": parts.left_out,
            "moved": parts.moved,
        },
        "ceiling": rows.to_dict(orient="records"),
    }


def build_warnings(summary: dict[str, Any]) -> list[str]:
    """Say in words what may spoil a model or its scores; from the numbers of `build_summary`."""
    regions, windows, shared = summary["regions"], summary["windows"], summary["shared_sequence"]
    told = []
    dropped = regions["given"] - regions["kept"]
    if dropped > _MANY_DROPPED * regions["given"]:
        reasons = ", ".join(f"{name} {number}" for name, number in sorted(regions["dropped"].items()))
        told.append(f"{dropped} of {regions['given']} regions have no usable window: {reasons}")
    if number := regions["dropped"].get("not_explained"):
        told.append(
            f"of {number} regions the variants do not turn one haplotype's window into the other's: are "
            "genomes and variants of one run?"
        )
    if windows["cut_short"]:
        told.append(f"{windows['cut_short']} regions are longer than dataset.length and cut at their end")
    if 2 * windows["without_variant"] > regions["kept"]:
        told.append(
            f"{windows['without_variant']} of {regions['kept']} windows have no variant: nothing to tell "
            "their haplotypes apart"
        )
    if shared["pairs"] and shared["action"] == "keep":
        told.append(
            f"{shared['regions']} regions share sequence with regions of another part of a fold, so that "
            "scores may be too good: see shared_sequence.tsv and dataset.shared_sequence"
        )
    for number, fold in enumerate(summary["folds"]):
        if fold["test"] < _FEW_IN_TEST:
            told.append(f"fold {number} has {fold['test']} test regions only: its scores are uncertain")
    return told + _ceiling_warnings(summary["ceiling"][0])


def _ceiling_warnings(ceiling: dict[str, Any]) -> list[str]:
    told = []
    half, between = ceiling["split_half_r"], ceiling["replicate_r"]
    best = ceiling["split_half_ceiling"]
    if best is None or best < _LOW_CEILING:
        shown = "cannot be told" if best is None else f"is {best:.2f}"
        told.append(
            f"the ceiling of R of the log ratio {shown} ({ceiling['regions']} regions with enough "
            "informative fragments): little of what is measured is more than noise"
        )
    elif between is not None:
        expected = 2 * half / (ceiling["samples"] - (ceiling["samples"] - 2) * half) if half > 0 else 0.0
        if between < expected - _REPLICATES_DIFFER:
            told.append(
                f"samples agree less (R {between:.2f}) than counting noise explains (R {expected:.2f}): they "
                "are no plain replicates"
            )
    return told
