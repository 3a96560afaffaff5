"""Does a model predict no difference of equal sequences, and the opposite one of exchanged sequences?

Any measured log ratio has both properties; a model has them only if it is built that way. A head that sees
both sequences together, as the published multi-head model's, need not.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.effects.ensemble import NO_FOLD, Ensemble
from deepallele.evaluation.fold_models import evenly, predict_fold

SAMPLE = 256


def check_symmetry(
    ensemble: Ensemble, dataset: Dataset, log_ratio: NDArray[np.float64], sample: int = SAMPLE
) -> dict[str, Any]:
    """Look at predictions (mean over seeds) for equal and for exchanged sequences.

    Parameters
    ----------
    ensemble
        The models; each region is shown to those of its test fold.
    dataset
        All n regions.
    log_ratio
        Out-of-fold log2(A/B), (n,).
    sample
        Regions that are looked at again, evenly spread over those with a test fold.

    Returns
    -------
    dict
        `identical`: n and max_abs, the largest |log2(A/B)| of regions whose two windows are equal; n_made and
        max_abs_made, the same of pairs made of sampled windows of A with themselves. `antisymmetry`: n and
        max_abs, the largest |R(A, B) + R(B, A)| of the sample, with rms, the root mean square of R(A, B).
        None where there is no region.
    """
    equal = (dataset.sequence[:, 0] == dataset.sequence[:, 1]).all(axis=1) & (ensemble.fold != NO_FOLD)
    rows = evenly(np.flatnonzero(ensemble.fold != NO_FOLD), sample)
    given, exchanged, made = np.empty((3, len(rows)))
    for fold in np.unique(ensemble.fold[rows]):
        mine = ensemble.fold[rows] == fold
        codes = dataset.sequence[rows[mine]]
        shown = (given, codes), (exchanged, codes[:, ::-1].copy()), (made, codes[:, [0, 0]])
        for found, pairs in shown:
            found[mine] = predict_fold(ensemble, int(fold), pairs)[1].mean(axis=0)
    return {
        "identical": {
            "n": int(equal.sum()),
            "max_abs": _largest(log_ratio[equal]),
            "n_made": len(rows),
            "max_abs_made": _largest(made),
        },
        "antisymmetry": {
            "n": len(rows),
            "max_abs": _largest(given + exchanged),
            "rms": float(np.sqrt(np.mean(given**2))) if len(rows) else None,
        },
    }


def _largest(values: NDArray[np.float64]) -> float | None:
    return float(np.abs(values).max()) if len(values) else None
