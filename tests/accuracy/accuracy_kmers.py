"""Ridge regression on the k-mers of single sequences: what a model of allelic activity has to beat."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import Ridge

from deepallele.dataset.contents import Dataset
from deepallele.dataset.schema import TEST, TRAIN, VALIDATION
from deepallele.dataset.targets import measured
from deepallele.effects.ensemble import test_fold

LONGEST = 6
ALPHAS = (300.0, 1000.0, 3000.0, 10_000.0, 30_000.0)
TOLERANCE = 1e-5


def kmer_counts(codes: NDArray[np.uint8], longest: int = LONGEST) -> sparse.csr_matrix:
    """Counts of all k-mers with k from 1 to `longest` on the strand that is given.

    Parameters
    ----------
    codes
        uint8 (n, L), base codes; k-mers with another base than A, C, G, T are not counted.
    longest
        Largest k.

    Returns
    -------
    csr_matrix
        float64 (n, 4 + 16 + ...), columns by k, then in the order of A, C, G, T.
    """
    blocks = []
    for k in range(1, longest + 1):
        places = codes.shape[1] - k + 1
        kmer = np.zeros((len(codes), places), dtype=np.int64)
        known = np.ones(kmer.shape, dtype=np.bool_)
        for offset in range(k):
            base = codes[:, offset : offset + places]
            kmer = kmer * 4 + base
            known &= base < 4
        row = np.nonzero(known)[0]
        blocks.append(sparse.csr_matrix((np.ones(len(row)), (row, kmer[known])), shape=(len(codes), 4**k)))
    return sparse.hstack(blocks, format="csr")


def predict_ridge(dataset: Dataset, by_sample: bool = False) -> tuple[NDArray[np.float64], list[float]]:
    """Out-of-fold activities (n, 2) of a ridge on both alleles, and the alpha of each fold.

    The alpha is the one with the least squared error on the validation part. With `by_sample` the regions of
    each sample have a ridge of their own; each region was measured in one of them.
    """
    if by_sample:
        predicted = np.full((len(dataset.region), 2), np.nan)
        chosen: list[float] = []
        for number in range(len(dataset.sample)):
            mine = measured_in(dataset) == number
            predicted[mine], alphas = _predict_ridge(dataset, mine)
            chosen += alphas
        return predicted, chosen
    return _predict_ridge(dataset, np.ones(len(dataset.region), dtype=np.bool_))


def measured_in(dataset: Dataset) -> NDArray[np.int64]:
    """Number of the one sample in which each region's activity was measured, (n,)."""
    assert dataset.activity is not None
    known = measured(dataset.activity)
    assert (known.sum(axis=1) == 1).all()
    return known.argmax(axis=1)


def _predict_ridge(dataset: Dataset, mine: NDArray[np.bool_]) -> tuple[NDArray[np.float64], list[float]]:
    """Activities of some regions by a ridge on these, and the alpha of each fold."""
    sides = [kmer_counts(dataset.sequence[:, side]) for side in (0, 1)]
    activity = dataset.log_counts().astype(np.float64)
    predicted = np.full(activity.shape, np.nan)
    chosen = []
    for fold, split in enumerate(dataset.split):
        train, validation = (np.flatnonzero(mine & (split == part)) for part in (TRAIN, VALIDATION))
        features = sparse.vstack([side[train] for side in sides])
        target = activity[train].T.ravel()
        models = [Ridge(alpha, solver="sparse_cg", tol=TOLERANCE).fit(features, target) for alpha in ALPHAS]
        errors = [np.square(_both(one, sides, validation) - activity[validation]).mean() for one in models]
        best = int(np.argmin(errors))
        test = np.flatnonzero(mine & (test_fold(dataset.split) == fold))
        assert (split[test] == TEST).all()
        predicted[test] = _both(models[best], sides, test)
        chosen.append(ALPHAS[best])
    return predicted[mine], chosen


def _both(model: Ridge, sides: list[sparse.csr_matrix], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.stack([model.predict(side[rows]) for side in sides], axis=1)
