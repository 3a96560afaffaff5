"""The motif database: JASPAR as carried by pyjaspar (offline), or the user's own MEME file."""

from collections import Counter
from pathlib import Path

import numpy as np
from pyjaspar import jaspar_releases, jaspardb

from deepallele.errors import InputError
from deepallele.motifs.matrices import Motif
from deepallele.motifs.meme import read_meme

TAX_GROUPS = ("vertebrates", "plants", "fungi", "insects", "nematodes", "urochordates")


def load_database(release: str, tax_group: str, file: str | Path | None = None) -> list[Motif]:
    """Load known motifs.

    Parameters
    ----------
    release
        JASPAR release, such as JASPAR2020; its CORE collection is taken, newest version of each matrix.
    tax_group
        JASPAR taxonomic group, such as vertebrates.
    file
        MEME file used instead of JASPAR.

    Returns
    -------
    motifs
        Sorted by name, which is unique (matrix ID such as MA0139.1); the label is the name of the
        transcription factor.

    Raises
    ------
    InputError
        If the release or the group is unknown, or the file is not a MEME motif file.
    """
    if file is not None:
        return read_meme(file)
    if release not in jaspar_releases:
        raise InputError(
            f"motifs.database_release: pyjaspar has no release {release!r}; "
            f"known: {', '.join(sorted(jaspar_releases))}"
        )
    if tax_group not in TAX_GROUPS:
        raise InputError(f"motifs.tax_group: {tax_group!r} is unknown; known: {', '.join(TAX_GROUPS)}")
    fetched = jaspardb(release=release).fetch_motifs(collection="CORE", tax_group=[tax_group])
    motifs = [_from_jaspar(entry) for entry in fetched]
    motifs.sort(key=lambda motif: motif.name)
    repeated = [name for name, count in Counter(motif.name for motif in motifs).items() if count > 1]
    if repeated or not motifs:
        raise InputError(
            f"motifs.database_release: {release} {tax_group} has {len(motifs)} motifs, repeated: {repeated}"
        )
    return motifs


def _from_jaspar(entry) -> Motif:  # type: ignore[no-untyped-def]  # Biopython has no types
    counts = np.array([entry.counts[base] for base in "ACGT"], dtype=np.float64).T
    pwm = counts / counts.sum(axis=1, keepdims=True)
    n_sites = round(float(counts.sum(axis=1).max()))
    return Motif(
        entry.matrix_id, pwm, np.zeros((0, 4), dtype=np.float32), n_sites, entry.name.replace(" ", "_")
    )
