"""One set of fixed-width, disjoint regions from the peaks of several samples."""

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.peaks.known import KnownBases
from deepallele.peaks.regions import rows_by_contig

# Source of the peaks of all samples' reads together; not a possible sample name.
POOLED = "(pooled)"
REGION_COLUMNS = ["chrom", "start", "end", "name", "score", "summit"]
DROPPED_COLUMNS = ["chrom", "start", "end", "summit", "source", "score", "reason"]


@dataclass(frozen=True)
class Rules:
    """What a region must satisfy.

    Attributes
    ----------
    width
        Width of every region, bp.
    min_samples
        Number of samples that must have a peak overlapping the region by a base; where it is 1, a peak
        of the pooled reads alone is enough.
    groups
        Group of each sample, such as its condition: `min_samples` of one group are needed. Samples that it
        does not name are of one more group.
    lengths
        Length of each contig of the reference.
    exclude
        Contigs left out.
    blacklist
        chrom, start, end of intervals that no region may touch; 0-based half-open.
    known
        The haplotypes' known bases; None where all are.
    min_known
        Smallest share of a region's bases that each haplotype must have as A, C, G or T.
    """

    width: int
    min_samples: int
    lengths: dict[str, int]
    exclude: list[str]
    blacklist: pd.DataFrame
    known: KnownBases | None = None
    min_known: float = 0.0
    groups: Mapping[str, str] = field(default_factory=dict)


def consensus(peaks: dict[str, pd.DataFrame], rules: Rules) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose disjoint summit-centred regions; where candidates overlap, the best score wins.

    Each peak gives one candidate [summit - width // 2, summit - width // 2 + width). Scores are
    made comparable between samples of unlike depth by dividing by the sample's mean score, much as
    Corces et al. 2018 (Science 362:eaav1898, doi:10.1126/science.aav1898) divide by the sum.
    Candidates that break a rule leave first, so that they cannot displace one that keeps them all.

    Parameters
    ----------
    peaks
        For each source (sample, file or `POOLED`): chrom, start, end, summit, score, as from
        `read_peaks`.
    rules
        The rules.

    Returns
    -------
    regions
        chrom start end name score summit, in the order of `rules.lengths` and then by start.
    dropped
        chrom start end summit source score reason: every candidate that is not a region. Reasons:
        excluded_contig, unknown_contig, contig_edge, blacklist, too_few_samples, mostly_unknown,
        overlaps_better.
    """
    candidates = _candidates(peaks, rules)
    reason = _broken_rule(candidates, peaks, rules)
    order = np.lexsort(
        (candidates["source"], candidates["start"], candidates["rank"], -candidates["score"].to_numpy())
    )
    passing = order[reason[order] == ""]
    best = candidates.iloc[passing]
    beaten = _beaten(best["rank"].to_numpy(), best["start"].to_numpy(), rules.width)
    reason[passing[beaten]] = "overlaps_better"
    candidates = candidates.assign(reason=reason).sort_values(["rank", "start", "source"], kind="stable")
    kept = candidates[candidates["reason"] == ""].reset_index(drop=True)
    names = [f"{c}:{s}-{e}" for c, s, e in zip(kept["chrom"], kept["start"], kept["end"], strict=True)]
    dropped = candidates[candidates["reason"] != ""].reset_index(drop=True)
    return kept.assign(name=names)[REGION_COLUMNS], dropped[DROPPED_COLUMNS]


def _candidates(peaks: dict[str, pd.DataFrame], rules: Rules) -> pd.DataFrame:
    tables = []
    for source, table in peaks.items():
        mean = table["score"].mean() if len(table) else 0.0
        scale = mean if mean > 0 else 1.0
        tables.append(table[["chrom", "summit"]].assign(score=table["score"] / scale, source=source))
    candidates = pd.concat(tables, ignore_index=True)
    start = candidates["summit"] - rules.width // 2
    ranks = {contig: rank for rank, contig in enumerate(rules.lengths)}
    rank = candidates["chrom"].map(ranks).fillna(len(ranks)).astype(np.int64)
    return candidates.assign(start=start, end=start + rules.width, rank=rank)


def _broken_rule(candidates: pd.DataFrame, peaks: dict[str, pd.DataFrame], rules: Rules) -> NDArray:
    """Name the first rule each candidate breaks; empty where it breaks none."""
    length = candidates["chrom"].map(rules.lengths)
    broken = {
        "excluded_contig": candidates["chrom"].isin(rules.exclude),
        "unknown_contig": length.isna(),
        "contig_edge": (candidates["start"] < 0) | (candidates["end"] > length),
        "blacklist": _overlaps(candidates, rules.blacklist),
        "too_few_samples": _support(candidates, peaks, rules.groups) < rules.min_samples,
    }
    reason = np.select([np.asarray(mask) for mask in broken.values()], list(broken), default="").astype(
        object
    )
    if rules.known is not None:
        rest = np.flatnonzero(reason == "")
        part = candidates.iloc[rest]
        least = rules.known.least(part["chrom"], part["start"].to_numpy(), rules.width)
        reason[rest[least < rules.min_known]] = "mostly_unknown"
    return reason


def _support(
    candidates: pd.DataFrame, peaks: dict[str, pd.DataFrame], groups: Mapping[str, str]
) -> NDArray[np.int64]:
    """Count the samples that have a peak in each candidate, in the group with the most of them."""
    # The pooled peaks count once, apart from all groups.
    found: dict[str | None, NDArray[np.int64]] = {
        None: np.asarray(candidates["source"] == POOLED, dtype=np.int64)
    }
    for sample, table in peaks.items():
        if sample != POOLED:
            group = groups.get(sample, "")
            found[group] = _overlaps(candidates, table) + found.get(group, np.zeros(1, dtype=np.int64))
    return np.maximum.reduce(list(found.values()))


def _overlaps(candidates: pd.DataFrame, intervals: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each candidate shares a base with any of the intervals, which may overlap each other."""
    result = np.zeros(len(candidates), dtype=bool)
    others = rows_by_contig(intervals["chrom"])
    for chrom, rows in rows_by_contig(candidates["chrom"]).items():
        if chrom not in others:
            continue
        starts = np.sort(intervals["start"].to_numpy()[others[chrom]])
        ends = np.sort(intervals["end"].to_numpy()[others[chrom]])
        begun = np.searchsorted(starts, candidates["end"].to_numpy()[rows], side="left")
        ended = np.searchsorted(ends, candidates["start"].to_numpy()[rows], side="right")
        result[rows] = begun > ended
    return result


def _beaten(rank: NDArray[np.int64], start: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
    """Go from best to worst and mark those that overlap one taken before; all have the same width."""
    taken: dict[int, list[int]] = {}
    beaten = np.zeros(len(start), dtype=bool)
    for index, (contig, begin) in enumerate(zip(rank.tolist(), start.tolist(), strict=True)):
        starts = taken.setdefault(contig, [])
        place = bisect_left(starts, begin)
        beaten[index] = (place < len(starts) and starts[place] < begin + width) or (
            place > 0 and starts[place - 1] > begin - width
        )
        if not beaten[index]:
            insort(starts, begin)
    return beaten
