"""Names for motifs: the known motifs they look like, by tomtom."""

import numpy as np
import pandas as pd
from memelite import tomtom
from numpy.typing import NDArray

from deepallele.motifs.matrices import Motif, trim

COLUMNS = ["motif", "motif_id", "tf", "p_value", "q_value", "rank"]


def benjamini_hochberg(p_value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini-Hochberg q-values along the last axis (Benjamini and Hochberg 1995, JRSS B 57:289)."""
    n = p_value.shape[-1]
    order = np.argsort(p_value, axis=-1, kind="stable")
    scaled = np.take_along_axis(p_value, order, axis=-1) * n / np.arange(1, n + 1)
    smallest = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    q_value = np.empty_like(smallest)
    np.put_along_axis(q_value, order, np.minimum(smallest, 1.0), axis=-1)
    return q_value


def name_motifs(
    motifs: list[Motif], database: list[Motif], max_q: float, best: int, threads: int = 1
) -> pd.DataFrame:
    """Compare every motif with every known motif by tomtom (Gupta 2007, Genome Biology 8:R24).

    Flanks of little information are cut off the motifs first: they would dilute the comparison.

    Parameters
    ----------
    motifs
        Motifs to name.
    database
        Known motifs.
    max_q
        Only matches with a smaller q-value are kept.
    best
        Most matches kept per motif.
    threads
        Threads to use.

    Returns
    -------
    table
        motif, motif_id, tf, p_value, q_value, rank (1 is best), sorted by motif and rank. The q-value is
        by Benjamini and Hochberg over the database, for each motif alone.
    """
    if not motifs:
        return pd.DataFrame(columns=COLUMNS)
    queries = [np.ascontiguousarray(motif.pwm[trim(motif.pwm)].T) for motif in motifs]
    targets = [np.ascontiguousarray(motif.pwm.T) for motif in database]
    p_value = np.asarray(tomtom(queries, targets, n_jobs=threads)[0], dtype=np.float64)
    # Binned scores can leave a p-value a rounding error outside [0, 1].
    p_value = np.clip(p_value, 0.0, 1.0)
    q_value = benjamini_hochberg(p_value)
    order = np.argsort(p_value, axis=1, kind="stable")[:, :best]
    rows = [
        (
            motif.name,
            database[index].name,
            database[index].label,
            p_value[number, index],
            q_value[number, index],
            rank,
        )
        for number, motif in enumerate(motifs)
        for rank, index in enumerate(order[number], start=1)
        if q_value[number, index] < max_q
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
