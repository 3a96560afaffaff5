"""The dataset as one object, and the tasks that its samples make."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset import targets
from deepallele.dataset.schema import (
    CEILING_COLUMNS,
    IMPORTED,
    REAL,
    REGION_COLUMNS,
    TEST,
    VARIANT_COLUMNS,
    ZEROS,
)
from deepallele.dataset.targets import Targets, make_targets
from deepallele.errors import InputError


def no_ceiling() -> pd.DataFrame:
    """Give the empty table of ceilings."""
    return pd.DataFrame(
        {name: pd.Series(dtype=object if kind == "str" else kind) for name, kind in CEILING_COLUMNS.items()}
    )


@dataclass(frozen=True)
class Dataset:
    """Windows of both haplotypes with their variants, counts and folds.

    The haplotype axis has size 2 in config order: A, then B. n regions, L bases per window.

    Attributes
    ----------
    sequence
        uint8 (n, 2, L); base codes A0 C1 G2 T3, any other base, and none, 4. Windows of `reverse` are the
        reverse complement of the haplotype's genome.
    region
        n rows: name, chrom, start, end, summit; reference coordinates, 0-based half-open, summit absolute.
    start
        int64 (n, 2); first (leftmost) base of the window in each haplotype's own 0-based coordinates: the
        base at offset o is `start` + o, in `reverse` windows `start` + L - 1 - o (see `position`).
    variant
        Variants between the haplotypes that touch a window, sorted by region and position: region
        (row index), chrom, pos (0-based reference position of the first base of ref), ref, alt (as in a
        VCF: forward strand; both alternatives joined by a comma where neither haplotype has ref), allele_a,
        allele_b (never empty; as they stand in the windows, so reverse complements in `reverse` ones),
        offset_a, offset_b (0-based offset of the allele's first base in that haplotype's window; outside
        [0, L) where the allele starts beyond the border), clipped (True where an allele is not whole inside
        either window).
    count
        int32 (n, samples, 3); fragments of A, of B, ambiguous.
    sample
        Names along the sample axis.
    split
        int8 (folds, n); 0 train, 1 validation, 2 test, 3 left out. Each region is test in one fold at most.
    attributes
        schema_version, cross, haplotype_a, haplotype_b, reference_md5, code_version, pseudocount; where they
        are not the defaults, targets ("shared" or "published"), pad ("real" or "zeros"), source
        ("imported"), and warnings, one a line.
    reverse
        bool (n,); the window is read on the minus strand. All False where it is not given.
    condition
        Condition of each sample, empty where it has none. All empty where it is not given.
    ceiling
        Highest R of the log ratio that the noise of the counts allows, a row per task: see
        `deepallele.dataset.ceiling`. Empty where it is not given.
    activity
        float32 (n, samples, 2), log2; activity of A and of B where it was measured instead of counted, and
        the targets are made of it; NaN in the samples in which a region was not measured, which it was in one
        at least. None where fragments were counted.
    """

    sequence: NDArray[np.uint8]
    region: pd.DataFrame
    start: NDArray[np.int64]
    variant: pd.DataFrame
    count: NDArray[np.int32]
    sample: list[str]
    split: NDArray[np.int8]
    attributes: dict[str, str]
    reverse: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    condition: list[str] = field(default_factory=list)
    ceiling: pd.DataFrame = field(default_factory=no_ceiling)
    activity: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Fill in what was not given, and check that the parts fit each other.

        Raises
        ------
        ValueError
            If a shape or a column does not fit.
        """
        n = len(self.region)
        if not self.reverse.any():
            object.__setattr__(self, "reverse", np.zeros(n, dtype=np.bool_))
        if not any(self.condition):
            object.__setattr__(self, "condition", [""] * len(self.sample))
        shapes = {
            "sequence": (self.sequence.shape[:2], (n, 2)),
            "start": (self.start.shape, (n, 2)),
            "count": (self.count.shape, (n, len(self.sample), 3)),
            "split": (self.split.shape[1:], (n,)),
            "reverse": (self.reverse.shape, (n,)),
            "condition": ((len(self.condition),), (len(self.sample),)),
        }
        if self.activity is not None:
            shapes["activity"] = (self.activity.shape, (n, len(self.sample), 2))
        for name, (seen, expected) in shapes.items():
            if seen != expected:
                raise ValueError(f"{name} has shape {seen}, expected {expected}")
        if self.activity is not None and not targets.measured(self.activity).any(axis=1).all():
            raise ValueError("activity: a region was measured in no sample")
        tables = ((self.region, REGION_COLUMNS), (self.variant, VARIANT_COLUMNS))
        for table, columns in (*tables, (self.ceiling, CEILING_COLUMNS)):
            if list(table.columns) != list(columns):
                raise ValueError(f"columns {list(table.columns)}, expected {list(columns)}")

    @property
    def pseudocount(self) -> float:
        """Pseudocount c of the targets."""
        return float(self.attributes["pseudocount"])

    @property
    def haplotypes(self) -> list[str]:
        """Names of the two haplotypes, A first."""
        return [self.attributes["haplotype_a"], self.attributes["haplotype_b"]]

    @property
    def target_kind(self) -> str:
        """How the targets are computed, see `targets.make_targets`."""
        return self.attributes.get("targets", targets.KINDS[0])

    @property
    def padded(self) -> bool:
        """Whether windows hold the region's own bases only, from offset 0, and 4 behind them."""
        return self.attributes.get("pad", REAL) == ZEROS

    @property
    def imported(self) -> bool:
        """Whether it was made elsewhere: A stands for the reference, and there are no genomes."""
        return self.attributes.get("source") == IMPORTED

    @property
    def warnings(self) -> list[str]:
        """What to know before this dataset is used."""
        return self.attributes.get("warnings", "").splitlines()

    @property
    def tested(self) -> NDArray[np.bool_]:
        """Regions that are test in a fold, bool (n,): only these have predictions and what follows."""
        return np.asarray((self.split == TEST).any(axis=0))

    def position(
        self, row: NDArray[np.int64], haplotype: NDArray[np.int64], offset: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Position of bases of windows in the haplotype's own 0-based coordinates; all of one shape."""
        turned = self.sequence.shape[2] - 1 - offset
        return self.start[row, haplotype] + np.where(self.reverse[row], turned, offset)

    def log_counts(self) -> NDArray[np.float32]:
        """Activity of each haplotype, float32 (n, 2), log2; see `targets.log_counts`.

        Measured activities are averaged over the samples in which they were.
        """
        if self.activity is not None:
            return targets.mean_activity(self.activity).astype(np.float32)
        a, b, ambiguous = self._summed()
        return targets.log_counts(a, b, ambiguous, self.pseudocount, self.target_kind)

    def log_ratio(self) -> NDArray[np.float32]:
        """Measured log2(A/B), counts summed over samples, float32 (n,); see `targets.log_ratio`.

        Of measured activities the difference A - B, averaged over the samples in which they were.
        """
        if self.activity is not None:
            first, second = targets.mean_activity(self.activity).T
            return np.asarray(first - second, dtype=np.float32)
        a, b, ambiguous = self._summed()
        return targets.log_ratio(a, b, self.pseudocount, ambiguous, self.target_kind)

    def informative(self) -> NDArray[np.int64]:
        """Informative fragments A + B summed over samples, int64 (n,)."""
        a, b, _ = self._summed()
        return a + b

    def kept(self, min_informative: int) -> NDArray[np.bool_]:
        """Regions with at least `min_informative` informative fragments, bool (n,); all, of activities."""
        if self.activity is not None:
            return np.ones(len(self.region), dtype=np.bool_)
        return self.informative() >= min_informative

    def task_targets(self, by: str = "all", min_informative: int = 0, overdispersion: float = 0.0) -> Targets:
        """Targets of every task: the sum of all samples ("all"), each "condition", or each "sample".

        Samples without a condition are in no task of "condition". Measured activities are averaged over a
        task's samples, and the log ratio is their difference; they have no counts, and all are kept in the
        tasks in which they were measured.

        Raises
        ------
        InputError
            If the tasks are the conditions, and no sample has one.
        ValueError
            If `by` is something else.
        """
        names, members = tasks_of(self.sample, self.condition, by)
        if self.activity is not None:
            return targets.of_activities(names, [self.activity[:, mine] for mine in members])
        count = np.stack([self.count[:, mine].sum(axis=1, dtype=np.int64) for mine in members], axis=1)
        return make_targets(names, count, self.pseudocount, self.target_kind, min_informative, overdispersion)

    def measured_tasks(self, by: str) -> NDArray[np.bool_] | None:
        """Tasks in which each region was measured, bool (n, tasks); None: all of them in every task."""
        if self.activity is None:
            return None
        kept = self.task_targets(by).kept
        return None if kept.all() else kept

    def _summed(self) -> NDArray[np.int64]:
        return self.count.sum(axis=1, dtype=np.int64).T


def tasks_of(sample: list[str], condition: list[str], by: str) -> tuple[list[str], list[list[int]]]:
    """Names of the tasks, and the numbers of the samples of each; see `Dataset.task_targets`."""
    if by == "all":
        return ["all"], [list(range(len(sample)))]
    if by == "sample":
        return list(sample), [[number] for number in range(len(sample))]
    if by != "condition":
        raise ValueError(f"tasks are by 'all', 'condition' or 'sample', not {by!r}")
    names = [name for name in dict.fromkeys(condition) if name]
    if not names:
        raise InputError(
            "no sample of the dataset has a condition; fill the column 'condition' of the sample sheet in"
        )
    return names, [[i for i, mine in enumerate(condition) if mine == name] for name in names]
