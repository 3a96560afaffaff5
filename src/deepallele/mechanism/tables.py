"""Region -> main variant -> seqlet -> cluster -> transcription factor."""

import numpy as np
import pandas as pd

from deepallele.mechanism.overlap import affected_seqlets

REGION_COLUMNS = ["region", "chrom", "start", "end", "measured_log_ratio", "log_ratio", "z", "trusted"]
VARIANT_COLUMNS = ["variant", "pos", "ref", "alt", "effect"]
OUTSIDE = -1


def mechanisms(
    prediction: pd.DataFrame, variant: pd.DataFrame, seqlet: pd.DataFrame, tomtom: pd.DataFrame
) -> pd.DataFrame:
    """Explain each region by its main variant and the motif that it changes.

    Where the main variant changes several seqlets, one of a cluster is preferred, then the one with
    the largest |mean_effect| x length.

    Parameters
    ----------
    prediction
        Out-of-fold predictions: region, chrom, start, end, measured_log_ratio, log_ratio, z, trusted.
    variant
        Variants with effects: region, variant, pos, ref, alt, alleles and offsets, effect, main.
    seqlet
        Seqlets with their cluster.
    tomtom
        Names of the clusters' motifs: motif, tf, q_value, rank.

    Returns
    -------
    table
        One row per region of `prediction`, in its order: region, chrom, start, end, measured_log_ratio,
        predicted_log_ratio, z, trusted, variant, pos, ref, alt, effect (log2 A/B), in_seqlet, in_motif
        (in a seqlet of a cluster), seqlet, haplotype (that the seqlet was found in), cluster, motif, tf,
        tf_q. Missing where there is none.
    """
    main = variant[_true(variant["main"])].drop_duplicates("region").reset_index(drop=True)
    chosen = _choose(affected_seqlets(main, seqlet), seqlet)
    hit = main[["region", *VARIANT_COLUMNS]].join(chosen)
    table = prediction[REGION_COLUMNS].rename(columns={"log_ratio": "predicted_log_ratio"})
    table = table.merge(hit, on="region", how="left", validate="one_to_one")
    best = tomtom[tomtom["rank"] == 1].set_index("motif")
    motif = "cluster_" + table["cluster"].astype("Int64").astype("string")
    table["motif"] = motif.where(table["cluster"] >= 0)
    table["tf"] = table["motif"].map(best["tf"])
    table["tf_q"] = table["motif"].map(best["q_value"])
    table["in_seqlet"] = table["seqlet"].notna()
    table["in_motif"] = table["motif"].notna()
    for column in ("pos", "seqlet", "cluster"):
        table[column] = table[column].astype("Int64")
    order = ["region", "chrom", "start", "end", "measured_log_ratio", "predicted_log_ratio", "z", "trusted"]
    order += [
        *VARIANT_COLUMNS,
        "in_seqlet",
        "in_motif",
        "seqlet",
        "haplotype",
        "cluster",
        "motif",
        "tf",
        "tf_q",
    ]
    return table[order]


def cluster_shares(mechanism: pd.DataFrame, n_clusters: int) -> pd.DataFrame:
    """Share of the main variants that each cluster explains.

    Parameters
    ----------
    mechanism
        Output of `mechanisms`.
    n_clusters
        Clusters there are; those that no main variant changes are listed too.

    Returns
    -------
    table
        One row per cluster and one last row with cluster -1 for main variants outside any motif: cluster,
        motif, tf, n_main, share_main (of all main variants), n_positive, n_negative (main variants whose
        effect has that sign, log2 A/B), n_trusted, share_trusted (both among trusted regions),
        share_outside (the share outside any motif, the same in every row).
    """
    main = mechanism[mechanism["variant"].notna()]
    cluster = main["cluster"].fillna(OUTSIDE).astype(np.int64)
    names = mechanism.dropna(subset=["motif"]).drop_duplicates("cluster").set_index("cluster")
    trusted = _true(main["trusted"])
    rows = []
    for number in [*range(n_clusters), OUTSIDE]:
        mine = cluster == number
        rows.append(
            {
                "cluster": number,
                "motif": f"cluster_{number}" if number >= 0 else None,
                "tf": names["tf"].get(number) if number >= 0 else None,
                "n_main": int(mine.sum()),
                "share_main": _share(int(mine.sum()), len(main)),
                "n_positive": int((main.loc[mine, "effect"] > 0).sum()),
                "n_negative": int((main.loc[mine, "effect"] < 0).sum()),
                "n_trusted": int((mine & trusted).sum()),
                "share_trusted": _share(int((mine & trusted).sum()), int(trusted.sum())),
            }
        )
    table = pd.DataFrame(rows)
    table["share_outside"] = table["share_main"].iloc[-1]
    return table


def _choose(pairs: pd.DataFrame, seqlet: pd.DataFrame) -> pd.DataFrame:
    """One seqlet per variant, indexed by the variant's position."""
    found = seqlet.iloc[pairs["seqlet"].to_numpy()][
        ["seqlet", "haplotype", "cluster", "mean_effect", "start", "end"]
    ]
    found = found.assign(variant=pairs["variant"].to_numpy())
    found["strength"] = found["mean_effect"].abs() * (found["end"] - found["start"])
    found["clustered"] = found["cluster"] >= 0
    found = found.sort_values(
        ["variant", "clustered", "strength", "seqlet"], ascending=[True, False, False, True], kind="stable"
    )
    found["cluster"] = found["cluster"].where(found["clustered"])
    return found.drop_duplicates("variant").set_index("variant")[["seqlet", "haplotype", "cluster"]]


def _true(column: pd.Series) -> pd.Series:
    """A bool column; missing values count as False."""
    return column.eq(True)


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")
