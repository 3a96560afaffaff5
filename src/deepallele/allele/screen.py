"""Variants that the reads contradict.

A VCF lists variants that are not there: false calls, or differences to another individual of the strain.
Reads from both haplotypes then carry the same allele, and those that cover nothing else are all given to
one haplotype, half of them wrongly. The ratio of the two alleles alone cannot tell such a variant from
true imbalance (an imprinted gene shows one allele too). Fragments can: if the other variants of a
fragment say that it comes from B, but at this variant it carries A's allele, then either the base was
misread or the variant is not there.

For each substitution between the haplotypes the fragments that cover it give

- o, the log likelihood of A minus that of B from all else on the fragment, so that it comes from A with
  probability p = 1 / (1 + exp(-o));
- d, the same for the variant alone; its sign is the allele seen, and e = exp(-|d|) the chance to see it in
  error.

Against the variant being there, "both haplotypes carry A's allele" is more likely by

- -log(p + (1 - p) e) for a fragment with A's allele. One without other evidence says nothing,
- log(e) - log(p e + 1 - p) for a fragment with B's allele, with p = 1/2 without other evidence;

and the mirror image for "both carry B's". A variant is set aside where either sum is at least `MIN_EVIDENCE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.compare import Decision, pair_log_likelihoods, posterior_of_first
from deepallele.allele.outcome import Fate, Settings, with_fate
from deepallele.allele.sites import Sites
from deepallele.files import write_text

# The log of 0.95 / 0.05 times 99: a posterior of 0.95, if one variant in a hundred is not there.
MIN_EVIDENCE = 7.54
# Below this log likelihood ratio the rest of a fragment counts as no evidence; it is the rounding of float32.
_NO_EVIDENCE = 0.01

# Costs are rounded to this, so that their sums are exact and mirror with the haplotypes.
_UNIT = 2.0**-20

OBSERVATION = np.dtype([("pair", "<u4"), ("site", "<u4"), ("at_site", "<f4"), ("in_all", "<f4")])
"""A pair that covers a site: its log likelihood of A minus that of B at the site alone, and altogether."""

_FILES = 256


@dataclass(frozen=True)
class Screened:
    """What the screen found.

    Attributes
    ----------
    site
        int64 (k,): sites set aside, ascending.
    evidence
        float64 (k,): natural log of how much likelier the reads are without the variant.
    seen
        int64 (k, 2): pairs with the allele of A and of B.
    pair
        int64 (m,): pairs that cover such a site, ascending.
    log_ratio
        float64 (m,): log likelihood of A minus that of B of these pairs, without such sites.
    """

    site: NDArray[np.int64]
    evidence: NDArray[np.float64]
    seen: NDArray[np.int64]
    pair: NDArray[np.int64]
    log_ratio: NDArray[np.float64]

    def correct(self, packed: NDArray[np.uint8], settings: Settings) -> NDArray[np.float64]:
        """Give the pairs of `pair` the fate that the rest of their evidence leaves them.

        Parameters
        ----------
        packed
            uint8 (pairs of the run,), see `deepallele.allele.outcome.pack`; changed in place. Pairs
            that are not informative or ambiguous stay what they are.
        settings
            Thresholds.

        Returns
        -------
        NDArray[np.float64]
            (m,): new posterior of A of these pairs.
        """
        posterior = posterior_of_first(self.log_ratio, np.zeros(len(self.pair)))
        informative = [p >= settings.min_posterior for p in (posterior, 1 - posterior)]
        fate = np.select(informative, [Fate.INFORMATIVE_A, Fate.INFORMATIVE_B], Fate.AMBIGUOUS)
        packed[self.pair] = with_fate(packed[self.pair], fate.astype(np.uint8))
        return posterior


class Corrected(NamedTuple):
    """Pairs that were judged again.

    Attributes
    ----------
    pair
        int64 (m,): numbers of the pairs, ascending.
    of_a
        float64 (m,): new posterior of A.
    """

    pair: NDArray[np.int64]
    of_a: NDArray[np.float64]

    def posterior(self, pair: NDArray[np.int64]) -> NDArray[np.float32]:
        """New posterior of A of any pairs, NaN for those that were not judged again; float32 (n,)."""
        result = np.full(len(pair), np.nan, dtype=np.float32)
        if len(self.pair):
            place = np.minimum(np.searchsorted(self.pair, pair), len(self.pair) - 1)
            found = self.pair[place] == pair
            result[found] = self.of_a[place[found]]
        return result


def observations(a: Alignments, b: Alignments, decision: Decision, first_pair: int) -> NDArray[np.void]:
    """List what the informative and ambiguous pairs of a chunk show at the sites they cover.

    Parameters
    ----------
    a, b
        The n pairs aligned to each haplotype.
    decision
        What became of them.
    first_pair
        Number of the first of these pairs in the whole run.

    Returns
    -------
    NDArray[np.void]
        (k,) of dtype `OBSERVATION`; bases that are neither allele say nothing and are left out.
    """
    wanted = (decision.fate <= Fate.AMBIGUOUS) & ~decision.no_variant
    pair, site = (
        np.concatenate([getattr(a.site_costs, name), getattr(b.site_costs, name)])
        for name in ("pair", "site")
    )
    cost = np.concatenate([a.site_costs.cost, -b.site_costs.cost])
    kept = wanted[pair]
    key, owner = np.unique((pair[kept] << 32) + site[kept], return_inverse=True)
    at_site = np.bincount(owner, weights=np.round(cost[kept] / _UNIT) * _UNIT, minlength=len(key))
    seen = np.abs(at_site) >= _NO_EVIDENCE
    result = np.zeros(int(seen.sum()), dtype=OBSERVATION)
    index = key[seen] >> 32
    result["pair"], result["site"] = first_pair + index, key[seen] & 0xFFFFFFFF
    of_a, of_b = pair_log_likelihoods(a, b)
    result["at_site"], result["in_all"] = at_site[seen], (of_a - of_b)[index]
    return result


def write_set_aside(screened: Screened, sites: Sites, contigs: Sequence[str], path: str | Path) -> None:
    """Write the variants set aside as TSV.

    Parameters
    ----------
    screened
        What the screen found.
    sites
        All sites.
    contigs
        Names of the reference contigs.
    path
        Columns: chrom, start, end (reference, 0-based half-open), count_a, count_b (pairs with the
        allele of A and of B), evidence (natural log of how much likelier the reads are without the variant).
    """
    tid, start, end = sites.places(screened.site)
    columns = (start, end, *screened.seen.T, np.round(screened.evidence, 2))
    rows = zip((contigs[index] for index in tid), *(column.tolist() for column in columns), strict=True)
    header = "chrom\tstart\tend\tcount_a\tcount_b\tevidence\n"
    write_text(header + "".join("\t".join(map(str, row)) + "\n" for row in rows), path)


def evidence_against(
    at_site: NDArray[np.float64], in_all: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log likelihood ratio of "both carry A's allele" (first) and "both carry B's", against the variant.

    Parameters
    ----------
    at_site, in_all
        (n,): d, and d + o, of the fragments of one site, see above.

    Returns
    -------
    tuple of float64 (n,)
        Each fragment's part.
    """
    other = in_all - at_site
    return _both_carry_first(at_site, other), _both_carry_first(-at_site, -other)


def _both_carry_first(at_site: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    error = np.exp(-np.abs(at_site))
    # log(p) and log(1 - p), also where p is 0 or 1 to the last bit.
    first, second = -np.logaddexp(0.0, -other), -np.logaddexp(0.0, other)
    agrees = np.where(np.abs(other) < _NO_EVIDENCE, 0.0, -np.logaddexp(first, second - np.abs(at_site)))
    denies = np.log(error) - np.logaddexp(first - np.abs(at_site), second)
    return np.where(at_site > 0, agrees, denies)


class Screen:
    """Observations of a whole run, kept in files by site, so that memory holds some of the sites at a time.

    Parameters
    ----------
    folder
        Existing folder for the files.
    sites
        Number of sites.
    """

    def __init__(self, folder: Path, sites: int) -> None:
        self._sites_per_file = -(-sites // _FILES)
        self._files = [(folder / f"sites.{index}").open("w+b") for index in range(min(_FILES, sites))]

    def __enter__(self) -> "Screen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, table: NDArray[np.void]) -> None:
        """Append observations, (n,) of dtype `OBSERVATION`."""
        order = np.argsort(table["site"], kind="stable")
        table = table[order]
        border = np.searchsorted(table["site"], np.arange(len(self._files) + 1) * self._sites_per_file)
        for index in np.flatnonzero(np.diff(border)):
            self._files[index].write(table[border[index] : border[index + 1]].tobytes())

    def settle(self) -> Screened:
        """Find the sites that the reads contradict."""
        parts = [_settle(np.zeros(0, dtype=OBSERVATION))]
        for file in self._files:
            file.seek(0)
            parts.append(_settle(np.frombuffer(file.read(), dtype=OBSERVATION)))
        site, evidence, seen, found = (np.concatenate(column) for column in zip(*parts, strict=True))
        pair, owner = np.unique(found["pair"], return_inverse=True)
        removed = np.bincount(owner, weights=found["at_site"], minlength=len(pair))
        in_all = np.zeros(len(pair))
        in_all[owner] = found["in_all"]
        rest = in_all - removed
        rest[np.abs(rest) < _NO_EVIDENCE] = 0.0
        return Screened(site, evidence, seen, pair.astype(np.int64), rest)


def _settle(
    table: NDArray[np.void],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.void]]:
    """Sites set aside, their evidence and alleles seen, and the observations there."""
    # By content, so that the sums do not depend on the order of the reads in the file.
    table = table[np.argsort(table, order=("site", "pair"))]
    site, owner = np.unique(table["site"], return_inverse=True)
    at_site, in_all = (table[name].astype(np.float64) for name in ("at_site", "in_all"))
    sums = [
        np.bincount(owner, weights=part, minlength=len(site)) for part in evidence_against(at_site, in_all)
    ]
    evidence = np.maximum(*sums)
    seen = np.stack(
        [np.bincount(owner, weights=sign * at_site > 0, minlength=len(site)) for sign in (1, -1)], axis=1
    )
    aside = evidence >= MIN_EVIDENCE
    return site[aside].astype(np.int64), evidence[aside], seen[aside].astype(np.int64), table[aside[owner]]
