"""Regions of different parts of a fold that share sequence, as segmental duplicates do."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from deepallele.dataset.schema import LEFT_OUT, TEST, TRAIN, VALIDATION

MIN_SHARE = 0.3
COLUMNS = ["region", "partner", "share", "folds", "leaks_into"]


class Pairs(NamedTuple):
    """Pairs of regions that share sequence: rows, and share of the k-mers (see `sketch.shared_pairs`)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: NDArray[np.float64]


def moved(group: NDArray[np.int64], unit: NDArray[np.int64], pairs: Pairs) -> NDArray[np.int64]:
    """Bring regions that share sequence into one group: that of most of them.

    Parameters
    ----------
    group
        Chromosome or block of each region, (n,).
    unit
        Regions that stay together because their windows overlap, (n,).
    pairs
        What shares sequence.

    Returns
    -------
    NDArray[np.int64]
        New group of each region.
    """
    size = int(unit.max(initial=-1)) + 1
    link = unit[pairs.first], unit[pairs.second]
    graph = coo_array((np.ones(len(link[0])), link), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    mine = component[unit]
    linked = np.isin(mine, mine[pairs.first])
    new = group.copy()
    table = pd.DataFrame({"component": mine[linked], "group": group[linked]})
    number = table.value_counts().reset_index(name="number")
    # Of equally large parts the first group takes all.
    order = number.sort_values(["component", "number", "group"], ascending=[True, False, True])
    home = order.drop_duplicates("component").set_index("component")["group"]
    new[linked] = home.loc[mine[linked]].to_numpy()
    return new


def leaks(split: NDArray[np.int8], pairs: Pairs) -> NDArray[np.bool_]:
    """In which folds each pair is in two parts: bool (folds, pairs)."""
    one, two = split[:, pairs.first], split[:, pairs.second]
    return (one != two) & (one != LEFT_OUT) & (two != LEFT_OUT)


def left_out(split: NDArray[np.int8], pairs: Pairs) -> NDArray[np.int8]:
    """Leave regions out of training and validation where they share sequence with test or validation.

    Of a pair in two parts the test region stays, of training and validation the validation region.
    """
    changed = split.copy()
    for fold in range(len(split)):
        for one, two in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
            mine, other = split[fold, one], split[fold, two]
            lesser = ((other == TEST) & (mine != TEST)) | ((other == VALIDATION) & (mine == TRAIN))
            changed[fold, one[lesser]] = LEFT_OUT
    return changed


def shared_table(name: NDArray[np.object_], split: NDArray[np.int8], pairs: Pairs) -> pd.DataFrame:
    """List the pairs that are in two parts of a fold.

    Returns
    -------
    DataFrame
        Columns region, partner, share (of the sampled k-mers), folds (number of folds in which it is so) and
        leaks_into (`test`, or `validation` where neither is test in any of them), the largest share first.
    """
    leaking = leaks(split, pairs)
    kept = np.flatnonzero(leaking.any(axis=0))
    test = (split[:, pairs.first] == TEST) | (split[:, pairs.second] == TEST)
    into = np.where((leaking & test).any(axis=0), "test", "validation")
    values = [name[pairs.first], name[pairs.second], pairs.share, leaking.sum(axis=0), into]
    table = pd.DataFrame(dict(zip(COLUMNS, values, strict=True))).iloc[kept]
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
