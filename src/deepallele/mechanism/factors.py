"""Transcription factors whose motifs the main variants change most."""

import numpy as np
import pandas as pd

COLUMNS = [
    "name",
    "tf",
    "score",
    "n_clusters",
    "clusters",
    "n_regions",
    "share",
    "n_trusted",
    "share_trusted",
]
SMALLEST_P = 1e-300


def factor_enrichment(mechanism: pd.DataFrame, tomtom: pd.DataFrame) -> pd.DataFrame:
    """Rank transcription factors by the seqlets that main variants change, and group those alike.

    The score of a factor is the sum over clusters of -log10(p of its best match) x seqlets of the cluster
    that a main variant changes. The factor with the highest score names a group `{TF}-like` and takes all
    clusters it matches; scores are formed again from the clusters left, until none is left. So families
    of like motifs appear once.

    Parameters
    ----------
    mechanism
        Output of `tables.mechanisms`.
    tomtom
        Matches of the clusters' motifs: motif, tf, p_value.

    Returns
    -------
    table
        One row per group, in the order they were named: name, tf, score, n_clusters, clusters
        (comma-separated numbers), n_regions (whose main variant changes a motif of the group), share (of
        all regions with a main variant), n_trusted, share_trusted (both among trusted regions).
    """
    main = mechanism[mechanism["variant"].notna()]
    trusted = main[main["trusted"].eq(True)]
    affected = main["motif"].value_counts()
    matches = tomtom[tomtom["motif"].isin(affected.index)]
    matches = matches.sort_values("p_value", kind="stable").drop_duplicates(["motif", "tf"])
    weight = -np.log10(matches["p_value"].clip(lower=SMALLEST_P)) * matches["motif"].map(affected)
    matches = matches.assign(score=weight)
    rows = []
    while len(matches):
        scores = matches.groupby("tf", sort=True)["score"].sum()
        factor = str(scores.idxmax())
        motifs = set(matches.loc[matches["tf"] == factor, "motif"])
        count = int(main["motif"].isin(motifs).sum())
        sure = int(trusted["motif"].isin(motifs).sum())
        numbers = sorted(int(motif.rpartition("_")[2]) for motif in motifs)
        rows.append(
            {
                "name": f"{factor}-like",
                "tf": factor,
                "score": scores[factor],
                "n_clusters": len(motifs),
                "clusters": ",".join(map(str, numbers)),
                "n_regions": count,
                "share": count / len(main),
                "n_trusted": sure,
                "share_trusted": sure / len(trusted) if len(trusted) else float("nan"),
            }
        )
        matches = matches[~matches["motif"].isin(motifs)]
    return pd.DataFrame(rows, columns=COLUMNS)
