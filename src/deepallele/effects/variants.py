"""Effect of every variant on the predicted log ratio, by exchanging alleles."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from deepallele.dataset.store import Dataset
from deepallele.effects.batch import batch_size
from deepallele.effects.edit import encode_alleles, holds_alleles, new_offset, put_alleles
from deepallele.effects.ensemble import NO_FOLD, Ensemble
from deepallele.effects.flank import Genomes, pad
from deepallele.errors import InputError
from deepallele.model.predict import predict

REGIONS_AT_A_TIME = 256
CPU_BATCH = 16
PLACE_COLUMNS = ["chrom", "pos", "ref", "alt", "allele_a", "allele_b", "offset_a", "offset_b"]


class Edits(NamedTuple):
    """Windows of v variants of some regions.

    Attributes
    ----------
    window
        uint8 (v, 2, L): haplotype A with B's allele, haplotype B with A's allele.
    placed
        bool (v,): both haplotypes hold their alleles where the table says.
    """

    window: NDArray[np.uint8]
    placed: NDArray[np.bool_]


class Scores(NamedTuple):
    """Table of effects and what belongs to its check.

    Attributes
    ----------
    table
        Columns of `variants/{model}.tsv.gz`.
    log_ratio
        Predicted log2(A/B) of the regions in the rows' order, NaN where the region is in no test fold.
    not_placed, no_fold
        Variants without a score: an allele is not at its place; the region is test in no fold.
    """

    table: pd.DataFrame
    log_ratio: NDArray[np.float64]
    not_placed: int
    no_fold: int


def exchange_alleles(
    dataset: Dataset, rows: NDArray[np.int64], variant: pd.DataFrame, genomes: Genomes | None
) -> Edits:
    """Put B's allele into A's window and A's allele into B's window, variant by variant.

    Windows keep L bases and stay anchored at their centre base, offset L // 2 (see `edit.new_offset`).
    Windows of a padded dataset keep their first base instead: only what is behind the variant moves.

    Parameters
    ----------
    dataset
        The dataset.
    rows
        int64 (r,), regions, ascending.
    variant
        Rows of `dataset.variant` in these regions.
    genomes
        Needed where an allele's length differs or it reaches over the border, unless windows are padded.

    Returns
    -------
    Edits
        In the order of `variant`.

    Raises
    ------
    InputError
        If genomes are needed and absent, or do not fit the dataset.
    """
    alleles = [encode_alleles(variant[f"allele_{side}"]) for side in "ab"]
    offset = [variant[f"offset_{side}"].to_numpy(dtype=np.int64) for side in "ab"]
    row = np.searchsorted(rows, variant["region"].to_numpy())
    longest = np.maximum(alleles[0].length, alleles[1].length)
    reaches_out = (alleles[0].length != alleles[1].length) | variant["clipped"].to_numpy(dtype=bool)
    length = dataset.sequence.shape[2]
    outside = [np.maximum(-offset[h], offset[h] + alleles[h].length - length) for h in (0, 1)]
    needed = 2 * longest + np.maximum(0, np.maximum(*outside))
    flank = int(needed[reaches_out].max(initial=0))
    extended = pad(dataset.sequence[rows], flank)
    wanted = np.unique(row[reaches_out])
    if len(wanted) and not dataset.padded:
        if genomes is None:
            raise InputError("--genomes: the dataset has insertions or deletions; give both FASTA")
        extended[wanted] = genomes.extend(dataset, rows[wanted], flank)
    window = np.empty((len(variant), 2, length), dtype=np.uint8)
    placed = np.ones(len(variant), dtype=bool)
    for own, other in ((0, 1), (1, 0)):
        sizes = alleles[own].length, alleles[other].length
        place = offset[own]
        if not dataset.padded:
            reverse = dataset.reverse[variant["region"].to_numpy(dtype=np.int64)]
            place = new_offset(place, sizes[0], offset[other], sizes[1], length // 2, reverse)
        source = extended[:, own]
        placed &= holds_alleles(source, flank, row, offset[own], alleles[own])
        window[:, own] = put_alleles(source, flank, row, offset[own], sizes[0], place, alleles[other])
    return Edits(window, placed)


def model_effects(
    model: nn.Module, pairs: NDArray[np.uint8], row: NDArray[np.int64], window: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects under one model.

    Parameters
    ----------
    model
        Network in evaluation mode.
    pairs
        uint8 (r, 2, L), the unchanged windows.
    row
        int64 (v,), the pair of each variant.
    window
        uint8 (v, 2, L), see `Edits`.

    Returns
    -------
    effect
        float64 (v, 2), log2: prediction of the unchanged pair minus that with A's, or B's, window edited.
        Exactly 0 where the edit leaves the window as it is.
    log_ratio
        float64 (r,), prediction of the unchanged pairs, log2(A/B).
    """
    size = batch_size(next(model.parameters()).device, CPU_BATCH)
    base = predict(model, pairs, size)[1].astype(np.float64)
    effect = np.zeros((len(row), 2))
    for haplotype in (0, 1):
        changed = np.flatnonzero((window[:, haplotype] != pairs[row, haplotype]).any(axis=1))
        edited = pairs[row[changed]]
        edited[:, haplotype] = window[changed, haplotype]
        effect[changed, haplotype] = base[row[changed]] - predict(model, edited, size)[1]
    return effect, base


def score_variants(
    dataset: Dataset, ensemble: Ensemble, rows: range, genomes: Genomes | None = None
) -> Scores:
    """Score all variants of some regions with the models that never saw the region.

    With f the predicted log2(A/B): effect_in_a = f(A, B) - f(A with B's allele, B), effect_in_b =
    f(A, B) - f(A, B with A's allele), effect their mean: positive where A's allele raises A over B.
    Mean and standard deviation are over seeds. The main variant of a region has the largest |effect|,
    the first by position where several have. This is the variant analysis of Tu, Sasse, Chowdhary,
    Spiro et al., bioRxiv 2025, without any alignment.

    Parameters
    ----------
    dataset
        The dataset.
    ensemble
        Its models.
    rows
        Regions.
    genomes
        FASTA of both haplotypes; needed for insertions and deletions.

    Returns
    -------
    Scores
        One row per variant of `dataset.variant` in these regions, in its order; none is left out.

    Raises
    ------
    InputError
        If genomes are needed and absent or do not fit, or a prediction is not finite.
    """
    region = dataset.variant["region"].to_numpy()
    first, last = np.searchsorted(region, [rows.start, rows.stop])
    variant = dataset.variant.iloc[first:last].reset_index(drop=True)
    effects = np.full((len(variant), 2, len(ensemble.seeds)), np.nan)
    ratios = np.full(len(rows), np.nan)
    no_fold = 0
    for block, fold in ensemble.blocks(rows, REGIONS_AT_A_TIME):
        mine = np.flatnonzero(np.isin(variant["region"], block))
        if fold == NO_FOLD:
            no_fold += len(mine)
            continue
        edits = exchange_alleles(dataset, block, variant.iloc[mine], genomes)
        scored = mine[edits.placed]
        row = np.searchsorted(block, variant["region"].to_numpy()[scored])
        total = np.zeros(len(block))
        for seed, model in enumerate(ensemble.models(fold)):
            effect, base = model_effects(model, dataset.sequence[block], row, edits.window[edits.placed])
            effects[scored, :, seed] = effect
            total += base
            if not (np.isfinite(effect).all() and np.isfinite(base).all()):
                raise InputError(f"fold {fold}, seed {ensemble.seeds[seed]}: predictions are not finite")
        ratios[block - rows.start] = total / len(ensemble.seeds)
    table = _table(dataset, variant, effects)
    not_placed = int((~table["scored"]).sum()) - no_fold
    return Scores(table, ratios, not_placed, no_fold)


def sum_check(scores: Scores, dataset: Dataset, rows: range) -> float:
    """Pearson R over regions between the sum of a region's effects and its predicted log ratio.

    NaN where fewer than 3 regions have scored variants, or one of the two is constant.
    """
    summed = scores.table.groupby("region")["effect"].sum(min_count=1)
    names = dataset.region["name"].iloc[rows.start : rows.stop]
    x, y = summed.reindex(names).to_numpy(), scores.log_ratio
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 3 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return float("nan")
    return float(np.corrcoef(x[both], y[both])[0, 1])


def _table(dataset: Dataset, variant: pd.DataFrame, effects: NDArray[np.float64]) -> pd.DataFrame:
    per_seed = effects.mean(axis=1)
    seeds = per_seed.shape[1]
    names = dataset.region["name"].to_numpy()
    table = pd.DataFrame({"region": names[variant["region"].to_numpy(dtype=np.int64)]})
    one_based = (variant["pos"] + 1).astype(str)
    table["variant"] = variant["chrom"] + ":" + one_based + ":" + variant["ref"] + ">" + variant["alt"]
    table[PLACE_COLUMNS] = variant[PLACE_COLUMNS]
    table["effect_in_a"] = effects[:, 0].mean(axis=1)
    table["effect_in_b"] = effects[:, 1].mean(axis=1)
    table["effect"] = per_seed.mean(axis=1)
    table["effect_sd"] = per_seed.std(axis=1, ddof=1) if seeds > 1 else np.nan
    size = table["effect"].abs()
    # idxmax takes the first of equals, and variants are sorted by position.
    largest = size.dropna().groupby(variant["region"]).idxmax()
    table["main"] = table.index.isin(largest)
    table["scored"] = size.notna()
    return table
