"""The numbers of a comparison with the truth: what they mean, what is best, and how they are shown."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ROLES = ("single_head", "computed_ratio", "multi_head", "recommended")
_ASSIGNMENT = {
    "assignment_precision": "tagged pairs given to the right haplotype",
    "assignment_recall": "distinct fragments over a variant that are tagged right",
    "reference_bias": "|share of A found - true share of A|",
}
_PEAKS = {
    "peak_recall": "true regions that were found",
    "peak_precision": "found regions that overlap a true one",
    "measured_ratio_r": "R of measured and true log2(A/B)",
}
_GENES = {
    "measured_ratio_r": "R of measured and true log2(A/B) of genes",
    "measured_genes": "genes with enough informative fragments for it",
}
_MODELS = {
    "single_head": "single head",
    "computed_ratio": "computed ratio",
    "multi_head": "multi-head",
    "recommended": "recommended",
}
_INTERPRETED = {
    "ratio_r_ceiling": "R of true and measured log2(A/B), the same regions",
    "causal_main_variant_share": "trusted regions whose main variant is the causal one",
    "trusted_regions": "regions that are trusted",
    "motifs_planted": "motifs planted often enough to be found",
    "motifs_found": "of these, named by a found motif",
}
_COSTS = {"seconds_total": "wall-clock seconds of the run", "peak_mem_mb": "peak memory in MB"}
_COUNTED = {"ratio_r_ceiling", "trusted_regions", "motifs_planted", "measured_genes", *_COSTS}


def descriptions(assay: str, roles: Sequence[str], cell_types: Sequence[str]) -> dict[str, str]:
    """The numbers that apply to a run, in the order in which they are shown, and what each means.

    Parameters
    ----------
    assay
        As the simulator calls it.
    roles
        Of `ROLES`, those that the run has a model for; the numbers of variants and motifs come from the
        recommended one.
    cell_types
        Names of the cell types, if the assay has any.
    """
    numbers = dict(_ASSIGNMENT)
    if assay == "rna":
        return {**numbers, **_GENES, **_COSTS}
    numbers |= _PEAKS
    for name in cell_types:
        numbers[f"measured_ratio_r_{name}"] = f"the same in {name} cells (pseudobulk)"
    for role in ROLES:
        if role in roles:
            numbers[f"ratio_r_{role}"] = f"R of predicted ({_MODELS[role]}) and measured log2(A/B)"
    return {**numbers, **(_INTERPRETED if "recommended" in roles else {}), **_COSTS}


def best_possible(name: str, found: Mapping[str, float | None]) -> float | None:
    """What a perfect run would give; None where there is no such number."""
    if name == "reference_bias":
        return 0.0
    if name == "motifs_found":
        return found["motifs_planted"]
    if name.startswith("ratio_r_") and name != "ratio_r_ceiling":
        return found.get("ratio_r_ceiling")
    return None if name in _COUNTED else 1.0


def found_or_none(numbers: Mapping[str, float | None]) -> dict[str, Any]:
    """The same numbers, rounded to 6 digits, with None for NaN, which JSON cannot hold."""
    return {
        name: None
        if value is None or not np.isfinite(value)
        else value
        if isinstance(value, int)
        else round(value, 6)
        for name, value in numbers.items()
    }


def as_text(
    numbers: Mapping[str, float | None], meanings: Mapping[str, str], targets: Mapping[str, float]
) -> str:
    """Aligned table: what was found, what is best possible, the target, and what the number means."""
    rows: list[tuple[str, ...]] = [("number", "found", "best", "target", "meaning")]
    for name, meaning in meanings.items():
        cells = (numbers[name], best_possible(name, numbers), targets.get(name))
        shown = ["-" if cell is None else f"{cell:.4g}" if cell < 10 else f"{cell:.0f}" for cell in cells]
        rows.append((name, shown[0], shown[1], shown[2], meaning))
    if not targets:
        rows = [(*row[:3], *row[4:]) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    last = len(widths) - 1
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < column < last else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
