"""Transcription factor motifs: log-odds matrices from JASPAR, thresholds, and sites drawn from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.simulate.genome import reverse_complement

JASPAR_RELEASE = "JASPAR2020"
BACKGROUND = np.array([0.28, 0.22, 0.22, 0.28])
# A bound site is half occupied this many bits below the mean score of sites like those planted.
_HALF_OCCUPIED = 3.0
TEMPERATURE = 1.5
_PSEUDO_SHARE = 0.01
_SHARPNESS = 1.5
_MIN_PLANTED_OCCUPANCY = 0.8


@dataclass(frozen=True)
class Motif:
    """One motif of the grammar.

    Attributes
    ----------
    motif_id, tf
        JASPAR matrix id and transcription factor name.
    strength
        log2 activity that a fully occupied site adds.
    probability, score
        shape=(width, 4), float64: base probabilities, and their log-odds (bits) against the background.
    threshold
        Score (bits) at which a site is half occupied.
    """

    motif_id: str
    tf: str
    strength: float
    probability: NDArray[np.float64]
    score: NDArray[np.float64]
    threshold: float

    @property
    def width(self) -> int:
        """Number of bases."""
        return len(self.score)

    def occupancy(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of time a site of this score (bits) is bound: a logistic function around the threshold."""
        return np.asarray(1 / (1 + np.exp((self.threshold - score) / TEMPERATURE)))

    def site_score(self, sites: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Log-odds (bits) of sites, shape=(..., width) codes in the motif's orientation; N adds nothing."""
        padded = np.concatenate([self.score, np.zeros((self.width, 1))], axis=1)
        return np.asarray(padded[np.arange(self.width), sites].sum(axis=-1))

    def draw_sites(self, rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
        """Draw sites near the consensus, occupancy at least 0.8; shape=(count, width) codes."""
        sites = np.empty((0, self.width), dtype=np.uint8)
        sharp = _sharpen(self.probability)
        while len(sites) < count:
            draw = rng.random((2 * count + 10, self.width, 1))
            new = (draw > np.cumsum(sharp, axis=1)[:, :3]).sum(axis=2).astype(np.uint8)
            sites = np.concatenate(
                [sites, new[self.occupancy(self.site_score(new)) >= _MIN_PLANTED_OCCUPANCY]]
            )
        return sites[:count]


def make_motif(motif_id: str, tf: str, strength: float, counts: NDArray[np.float64]) -> Motif:
    """Motif from a count matrix, shape=(width, 4) in the order A, C, G, T."""
    share = counts / counts.sum(axis=1, keepdims=True)
    probability = (share + _PSEUDO_SHARE / 4) / (1 + _PSEUDO_SHARE)
    score = np.log2(probability / BACKGROUND)
    threshold = float((_sharpen(probability) * score).sum() - _HALF_OCCUPIED)
    return Motif(motif_id, tf, strength, probability, score, threshold)


def _sharpen(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    power = probability**_SHARPNESS
    return np.asarray(power / power.sum(axis=1, keepdims=True))


def parse_motifs(text: str) -> dict[str, float]:
    """Read ``ID=STRENGTH,ID=STRENGTH,...``.

    Raises
    ------
    InputError
        If an entry is not of this form, or an id comes twice.
    """
    strengths: dict[str, float] = {}
    for entry in text.split(","):
        motif_id, _, value = entry.strip().partition("=")
        try:
            strength = float(value)
        except ValueError as error:
            raise InputError(
                f"--motifs: {entry!r} is not ID=STRENGTH; write for example MA0139.1=2.0"
            ) from error
        if motif_id in strengths:
            raise InputError(f"--motifs: {motif_id} is given twice; give it once")
        strengths[motif_id] = strength
    return strengths


def load_motifs(text: str) -> list[Motif]:
    """Load the motifs named in `text` (see `parse_motifs`) from JASPAR 2020 as package pyjaspar carries it.

    Raises
    ------
    InputError
        If an id is not in JASPAR 2020.
    """
    from pyjaspar import jaspardb

    database = jaspardb(release=JASPAR_RELEASE)
    motifs = []
    for motif_id, strength in parse_motifs(text).items():
        entry = database.fetch_motif_by_id(motif_id)
        if entry is None:
            raise InputError(f"--motifs: {motif_id} is not in {JASPAR_RELEASE}; give ids such as MA0139.1")
        counts = np.array([entry.counts[base] for base in "ACGT"], dtype=float).T
        motifs.append(make_motif(motif_id, entry.name, strength, counts))
    return motifs


def oriented(sites: NDArray[np.uint8], reverse: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Sites, shape=(n, width), reverse-complemented where `reverse` is true."""
    return np.where(reverse[:, None], reverse_complement(sites), sites)
