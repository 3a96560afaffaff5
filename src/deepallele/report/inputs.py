"""Where the report finds the results of each stage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset, read_dataset
from deepallele.errors import InputError
from deepallele.files import read_table


@dataclass(frozen=True)
class Results:
    """The results of one run.

    Attributes
    ----------
    folder
        Folder of all results.
    config
        The configuration, defaults filled in.
    samples
        Names of the samples.
    comparisons
        Names of the comparisons of conditions.
    """

    folder: Path
    config: dict[str, Any]
    samples: list[str]
    comparisons: Sequence[str] = ()

    @property
    def cross(self) -> str:
        """Name of the cross."""
        return str(self.config["cross"]["name"])

    @property
    def haplotypes(self) -> tuple[str, str]:
        """Names of haplotypes A and B."""
        first, second = (str(haplotype["name"]) for haplotype in self.config["cross"]["haplotypes"])
        return first, second

    @property
    def imported(self) -> bool:
        """The dataset was imported: there are no reads, and what A stands for is the reference."""
        return self.dataset.imported

    @property
    def model(self) -> str:
        """Name of the interpreted model."""
        return str(self.config["interpret"]["model"])

    @property
    def models(self) -> list[str]:
        """Names of all models."""
        return list(self.config["models"])

    def json(self, path: str) -> dict[str, Any]:
        """Read a JSON object.

        Raises
        ------
        InputError
            If the file is not a JSON object.
        """
        text = (self.folder / path).read_text()
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{self.folder / path}: not JSON ({error}); make it again") from error
        if not isinstance(value, dict):
            raise InputError(f"{self.folder / path}: not a JSON object; make it again")
        return value

    def table(self, path: str, columns: list[str]) -> pd.DataFrame:
        """Read a table that has `columns`."""
        return read_table(self.folder / path, columns)

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset."""
        return read_dataset(self.folder / "dataset" / "dataset.h5")

    @cached_property
    def imbalance(self) -> pd.DataFrame:
        """Counts, log ratio and test of each region."""
        columns = ["region", "count_a", "count_b", "count_ambiguous", "log_ratio", "p_value", "fdr"]
        return self.table("counts/imbalance.tsv", columns)

    @cached_property
    def allele_stats(self) -> dict[str, dict[str, Any]]:
        """What became of the read pairs of each sample."""
        return {sample: self.json(f"allele/{sample}.allele_stats.json") for sample in self.samples}

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Agreement of each model with the measurements."""
        return {model: self.json(f"metrics/{model}.json") for model in self.models}

    @cached_property
    def predictions(self) -> dict[str, pd.DataFrame]:
        """Out-of-fold predictions of each model."""
        columns = ["region", "fold", "count_a", "count_b", "log_ratio", "measured_log_ratio"]
        columns += ["informative", "z", "trusted"]
        return {model: self._predictions(model, columns) for model in self.models}

    def _predictions(self, model: str, columns: list[str]) -> pd.DataFrame:
        table = self.table(f"predictions/{model}.tsv.gz", columns)
        return table.assign(trusted=table["trusted"].eq(True))

    @cached_property
    def variants(self) -> pd.DataFrame:
        """Effects of all variants under the interpreted model."""
        columns = ["region", "variant", "allele_a", "allele_b", "offset_a", "offset_b", "effect", "main"]
        table = self.table(f"variants/{self.model}.tsv.gz", [*columns, "scored"])
        return table.assign(main=table["main"].eq(True), scored=table["scored"].eq(True))

    @cached_property
    def mechanisms(self) -> pd.DataFrame:
        """What explains each region."""
        columns = ["region", "measured_log_ratio", "predicted_log_ratio", "z", "trusted", "variant", "effect"]
        table = self.table(f"mechanism/{self.model}/mechanisms.tsv", [*columns, "in_motif", "motif", "tf"])
        return table.assign(trusted=table["trusted"].eq(True), in_motif=table["in_motif"].eq(True))

    @cached_property
    def cluster_shares(self) -> pd.DataFrame:
        """Share of the main variants that each cluster explains; cluster -1 is outside any motif."""
        columns = ["cluster", "motif", "tf", "n_main", "share_main"]
        return self.table(f"mechanism/{self.model}/clusters.tsv", columns)

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Transcription factors whose motifs the main variants change."""
        return self.table(f"mechanism/{self.model}/tfs.tsv", ["name", "score", "n_regions", "share"])

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """Clusters of seqlets."""
        columns = ["cluster", "n_seqlets", "n_regions", "share_regions", "share_positive", "share_negative"]
        return self.table(f"motifs/{self.model}/clusters.tsv", columns)

    @cached_property
    def tomtom(self) -> pd.DataFrame:
        """Known motifs that the found ones look like."""
        columns = ["motif", "motif_id", "tf", "p_value", "q_value", "rank"]
        return self.table(f"motifs/{self.model}/tomtom.tsv", columns)

    @cached_property
    def cwms(self) -> dict[str, NDArray[np.float32]]:
        """Contribution weight matrix of each motif, float32 (w, 4)."""
        with h5py.File(self.folder / "motifs" / self.model / "cwms.h5", "r") as file:
            return {name: file[name][()] for name in file}

    def contributions(self, rows: list[int]) -> NDArray[np.float32]:
        """Hypothetical contributions of some regions (rows of the dataset, ascending), (r, 2, 4, L)."""
        with h5py.File(self.folder / "attributions" / f"{self.model}.h5", "r") as file:
            return np.asarray(file["hypothetical"][rows], dtype=np.float32)
