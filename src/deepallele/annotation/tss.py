"""Windows around the transcription start sites of genes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepallele.annotation.genes import Annotation
from deepallele.errors import InputError

# Ensembl, GENCODE and RefSeq mark one transcript per gene; 'basic' is a wider choice.
PREFERRED_TAGS = ("MANE_Select", "Ensembl_canonical", "RefSeq_Select", "basic")
COLUMNS = ["chrom", "start", "end", "name", "score", "strand", "summit"]
_UNTAGGED = len(PREFERRED_TAGS)


def start_sites(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Give each gene the TSS of one of its transcripts.

    The transcript is the one with the first tag of `PREFERRED_TAGS` that any transcript of the gene has; of
    several, or where none has a tag, the one with most exonic bases, of equal ones the first by name.

    Parameters
    ----------
    transcripts
        As in `Annotation`.

    Returns
    -------
    DataFrame
        Columns gene_id, transcript_id, chrom, strand, tss (0-based) and chosen_by (the tag, or 'longest');
        transcripts without a strand have no TSS.
    """
    stranded = transcripts[transcripts["strand"].isin(["+", "-"])]
    tags = "," + stranded["tags"] + ","
    rank = np.select(
        [tags.str.contains(f",{tag},", regex=False) for tag in PREFERRED_TAGS], range(_UNTAGGED), _UNTAGGED
    )
    order = ["gene_id", "rank", "length", "transcript_id"]
    best = stranded.assign(rank=rank).sort_values(order, ascending=[True, True, False, True])
    best = best.drop_duplicates("gene_id").reset_index(drop=True)
    best["tss"] = np.where(best["strand"] == "+", best["start"], best["end"] - 1)
    best["chosen_by"] = np.array([*PREFERRED_TAGS, "longest"])[best["rank"]]
    return best[["gene_id", "transcript_id", "chrom", "strand", "tss", "chosen_by"]]


def tss_windows(
    annotation: Annotation, lengths: dict[str, int], flank: int, biotypes: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Cut windows of 2 * `flank` bases around the TSS of genes.

    The TSS is base `flank` (from 0) of the window read in the direction of the gene. A window that does not
    lie on its contig as a whole is dropped, because all windows of a dataset have one length.

    Parameters
    ----------
    annotation
        The genes and their transcripts.
    lengths
        Length of each contig (bp).
    flank
        Bases on either side of the TSS.
    biotypes
        Biotypes of the genes to take; all genes if empty, or if the annotation names no biotype.

    Returns
    -------
    windows : DataFrame
        Columns chrom, start, end, name (gene_id), score (0), strand, summit (the TSS); 0-based half-open,
        sorted by contig in the order of `lengths`, start and name. Windows may overlap.
    dropped : DataFrame
        Columns gene_id and reason of genes of these biotypes that have no window.
    summary : dict
        Numbers of both, and of the tags that chose the transcripts.

    Raises
    ------
    InputError
        If no window is left.
    """
    genes = annotation.genes
    named = bool((genes["biotype"] != ".").any())
    taken = genes["gene_id"][genes["biotype"].isin(biotypes) | (not named or not biotypes)]
    sites = start_sites(annotation.transcripts)
    sites = sites[sites["gene_id"].isin(taken)].reset_index(drop=True)
    # One base on for the minus strand: the window then is the mirror image of one on the plus strand.
    sites["start"] = sites["tss"] - flank + (sites["strand"] == "-")
    sites["end"] = sites["start"] + 2 * flank
    inside = (sites["start"] >= 0) & (sites["end"] <= sites["chrom"].map(lengths))
    reasons = dict.fromkeys(sites["gene_id"][~inside], "window beyond the end of its contig")
    reasons |= dict.fromkeys(taken[~taken.isin(sites["gene_id"])], "no transcript with one strand")
    sites = sites[inside]
    if sites.empty:
        known = ", ".join(sorted(set(genes["biotype"]))[:5])
        raise InputError(
            f"no window around a TSS: {len(taken)} genes of biotype {', '.join(biotypes) or 'any'} (the GTF"
            f" has {known}), none with {flank} bases on both sides; change rna.gene_biotypes or rna.tss_flank"
        )
    windows = sites.assign(name=sites["gene_id"], score=0, summit=sites["tss"])
    order = windows["chrom"].map({contig: number for number, contig in enumerate(lengths)})
    windows = windows.assign(order=order).sort_values(["order", "start", "name"], ignore_index=True)[COLUMNS]
    dropped = pd.DataFrame(sorted(reasons.items()), columns=["gene_id", "reason"])
    summary = {
        "windows": len(windows),
        "biotypes_named": named,
        "chosen_by": sites["chosen_by"].value_counts().sort_index().to_dict(),
        "dropped": dropped["reason"].value_counts().sort_index().to_dict(),
        "genes_of_other_biotypes": len(genes) - len(taken),
    }
    return windows, dropped, summary
