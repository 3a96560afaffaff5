"""What a dataset holds, as a text of one screen."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.contents import Dataset
from deepallele.dataset.schema import LEFT_OUT, TEST, TRAIN, VALIDATION
from deepallele.genome.alleles import variant_class

CLASSES = ("snp", "mnv", "insertion", "deletion", "complex")
# Upper ends of the classes of lengths; longer ones are the last class.
LENGTHS = (1, 2, 5, 10, 20, 50)
_SHOWN = 8
_WIDTH = 100
_MARKED: dict[str, Any] = {"initial_indent": "  ! ", "subsequent_indent": "    "}


def describe(dataset: Dataset, min_informative: int | None = None) -> str:
    """Describe a dataset: regions, variants, informative fragments, ceilings, folds, warnings.

    Parameters
    ----------
    dataset
        The dataset.
    min_informative
        Smallest number of informative fragments that counts; None: that of the stored ceilings, else 10.
    """
    if min_informative is None:
        stored = dataset.ceiling["min_informative"]
        min_informative = int(stored.iloc[0]) if len(stored) else 10
    parts = [
        _regions(dataset),
        _variants(dataset),
        _fragments(dataset, min_informative),
        _ceilings(dataset),
        _folds(dataset),
    ]
    if dataset.warnings:
        parts.append(["Warnings", *(fill(text, _WIDTH, **_MARKED) for text in dataset.warnings)])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _regions(dataset: Dataset) -> list[str]:
    n, _, length = dataset.sequence.shape
    first, second = dataset.haplotypes
    contigs = dataset.region["chrom"].nunique()
    kind = (
        "the region's own bases, none behind them"
        if dataset.padded
        else "real bases around the lifted centre"
    )
    lines = [
        f"Cross {dataset.attributes.get('cross', '?')}: {first} (A) and {second} (B)",
        f"  {n:,} regions on {contigs} contigs; windows of {length:,} bp, {kind}",
    ]
    if dataset.reverse.any():
        lines.append(f"  {int(dataset.reverse.sum()):,} windows are read on the minus strand")
    unknown = float((dataset.sequence == 4).mean()) if dataset.sequence.size else 0.0
    lines.append(f"  bases that are none of A, C, G, T: {unknown:.2%}")
    names = [
        f"{name} ({condition})" if condition else name
        for name, condition in zip(dataset.sample, dataset.condition, strict=True)
    ]
    more = f", ... ({len(names)} in all)" if len(names) > _SHOWN else ""
    return [*lines, f"  samples: {', '.join(names[:_SHOWN])}{more}"]


def _variants(dataset: Dataset) -> list[str]:
    variant, n = dataset.variant, len(dataset.region)
    per_window = np.bincount(variant["region"], minlength=n)
    lines = ["Variants between the haplotypes"]
    if not len(variant):
        return [*lines, "  none in any window"]
    none = int((per_window == 0).sum())
    lines.append(
        f"  {len(variant):,} in windows; per window {_spread(per_window)}; "
        f"none in {none:,} windows ({none / n:.1%})"
    )
    kinds = pd.Series(map(_class, variant["allele_a"], variant["allele_b"])).value_counts()
    told = [f"{name} {kinds[name]:,} ({kinds[name] / len(variant):.0%})" for name in CLASSES if name in kinds]
    lines.append(f"  from A to B: {', '.join(told)}")
    lengths = (variant["allele_b"].str.len() - variant["allele_a"].str.len()).to_numpy(dtype=np.int64)
    changed = np.abs(lengths[lengths != 0])
    if len(changed):
        lines.append(f"  bases inserted or deleted: {_histogram(changed)}")
    two = int(variant["alt"].str.contains(",", regex=False).sum())
    lines.append(f"  {int(variant['clipped'].sum()):,} cut by a border, {two:,} with two alternatives")
    return lines


def _class(a: str, b: str) -> str:
    """Class of the change, whichever end the alleles share."""
    if len(a) != len(b) and min(len(a), len(b)) == 1 and a[-1] == b[-1]:
        return "insertion" if len(b) > len(a) else "deletion"
    return variant_class(a, b)


def _fragments(dataset: Dataset, min_informative: int) -> list[str]:
    if dataset.activity is not None:
        return ["Activities (log2), no fragments", _ratios(dataset.log_ratio())]
    informative = dataset.informative()
    kept = informative >= min_informative
    ratio = dataset.log_ratio()[kept]
    total = dataset.count.sum(dtype=np.int64)
    share = informative.sum() / total if total else 0.0
    lines = [
        "Fragments",
        f"  informative per region {_spread(informative)}; {share:.0%} of all fragments are informative",
        f"  {int(kept.sum()):,} regions ({kept.mean():.0%}) have at least {min_informative}",
    ]
    return [*lines, _ratios(ratio)] if len(ratio) else lines


def _ratios(ratio: NDArray[np.float32]) -> str:
    strong = float((np.abs(ratio) > 1).mean())
    return (
        f"  their log2(A/B): median {np.median(ratio):+.2f}, sd {ratio.std():.2f}, "
        f"beyond 1 on either side {strong:.0%}"
    )


def _ceilings(dataset: Dataset) -> list[str]:
    lines = ["Ceiling of R of log2(A/B)"]
    if dataset.ceiling.empty:
        return [*lines, "  not stored"]
    rows = [["task", "regions", "R of halves", "ceiling", "R of samples", "ceiling"]]
    shown = dataset.ceiling.head(_SHOWN)
    values = shown[["split_half_r", "split_half_ceiling", "replicate_r", "replicate_ceiling"]].to_numpy()
    for task, regions, mine in zip(shown["task"], shown["regions"], values, strict=True):
        rows.append([task, f"{regions:,}", *("-" if np.isnan(value) else f"{value:.3f}" for value in mine)])
    lines += _columns(rows)
    if len(dataset.ceiling) > _SHOWN:
        lines.append(f"  ... and {len(dataset.ceiling) - _SHOWN} more tasks")
    return lines


def _folds(dataset: Dataset) -> list[str]:
    rows = [["fold", "train", "validation", "test", "left out", "test regions are on"]]
    for number, fold in enumerate(dataset.split):
        sizes = [f"{int((fold == part).sum()):,}" for part in (TRAIN, VALIDATION, TEST, LEFT_OUT)]
        names = dataset.region["chrom"][fold == TEST].unique().tolist()
        more = ", ..." if len(names) > _SHOWN else ""
        rows.append([str(number), *sizes, ", ".join(names[:_SHOWN]) + more])
    return ["Folds", *_columns(rows, left=(0, 5))]


def _spread(values: NDArray[np.integer]) -> str:
    if not len(values):
        return "-"
    low, middle, high = np.percentile(values, [5, 50, 95])
    return f"median {middle:,.0f} (5 % to 95 %: {low:,.0f} to {high:,.0f}), most {int(values.max()):,}"


def _histogram(lengths: NDArray[np.integer]) -> str:
    number = np.bincount(np.searchsorted(LENGTHS, lengths), minlength=len(LENGTHS) + 1)
    names, low = [], 1
    for high in LENGTHS:
        names.append(f"{low} bp" if low == high else f"{low}-{high} bp")
        low = high + 1
    names.append(f"over {LENGTHS[-1]} bp")
    return ", ".join(f"{name} {count:,}" for name, count in zip(names, number.tolist(), strict=True) if count)


def _columns(rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
    """Align columns: texts to the left, numbers to the right."""
    width = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            text.ljust(width[column]) if column in left else text.rjust(width[column])
            for column, text in enumerate(row)
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines
