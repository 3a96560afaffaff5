"""Cell types: the same regions and motifs, but some of the motifs act in one type only."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.grammar import Cooperation, Grammar
from deepallele.simulate.motifs import Motif


class CellTypes(NamedTuple):
    """What is true of each cell type.

    Attributes
    ----------
    names
        Names of the types.
    strength
        shape=(types, motifs), float64: log2 activity that a fully bound site adds.
    expected
        shape=(types, regions, 2), float64: fragments of A and B, if all cells were of this type.
    """

    names: list[str]
    strength: NDArray[np.float64]
    expected: NDArray[np.float64]

    @property
    def log_ratio(self) -> NDArray[np.float64]:
        """True log2(A/B), shape=(types, regions)."""
        return np.asarray(np.log2(self.expected[..., 0] / self.expected[..., 1]))


def draw_strengths(
    rng: np.random.Generator, motifs: list[Motif], types: int, share: float
) -> NDArray[np.float64]:
    """Strength of each motif in each type, shape=(types, motifs).

    `share` of the motifs act in one type only, as many in each type as in the others.
    """
    only = rng.permutation(len(motifs))[: round(share * len(motifs))]
    acts = np.ones((types, len(motifs)), dtype=bool)
    acts[:, only] = np.arange(len(only)) % types == np.arange(types)[:, None]
    return acts * np.array([motif.strength for motif in motifs])


def type_grammars(
    motifs: list[Motif], cooperation: Cooperation | None, strength: NDArray[np.float64]
) -> tuple[list[Grammar], Grammar]:
    """Grammar of each type, and their mean; motifs cooperate in the types in which both act."""
    grammars, pairs = [], []
    for row in strength:
        pair = cooperation
        if pair is not None and not (row[pair.first] and row[pair.second]):
            pair = replace(pair, strength=0.0)
        pairs.append(pair.strength if pair is not None else 0.0)
        grammars.append(Grammar(_with(motifs, row), pair))
    mean = replace(cooperation, strength=float(np.mean(pairs))) if cooperation is not None else None
    return grammars, Grammar(_with(motifs, strength.mean(axis=0)), mean)


def _with(motifs: list[Motif], strength: NDArray[np.float64]) -> list[Motif]:
    return [replace(motif, strength=float(value)) for motif, value in zip(motifs, strength, strict=True)]
