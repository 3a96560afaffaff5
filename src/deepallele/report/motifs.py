"""Motifs: clusters of seqlets and TF-MoDISco patterns with their names."""

import pandas as pd

from deepallele.report.blocks import Image, Section, Table, Text, number, percent, probability
from deepallele.report.inputs import Results
from deepallele.report.logos import motif_logo

# More rows help nobody; the full tables lie beside the report.
MOST = 30


def motifs(results: Results) -> Section:
    """List the motifs with logos, and the known motifs that they look like."""
    config = results.config["motifs"]
    source = config["database_file"] or f"{config['database_release']} CORE, {config['tax_group']}"
    text = (
        "Seqlets are runs of bases that contribute strongly. They are clustered by likeness, and TF-MoDISco "
        f"finds patterns independently. Names: tomtom against {source}, q below {config['tomtom_q']}; the "
        "best match comes first. Logos show mean contributions; letters below the line lower the haplotype "
        "that carries them."
    )
    return Section("motifs", "Motifs", [Text(text), _clusters(results), _patterns(results)])


def _names(tomtom: pd.DataFrame, motif: str) -> tuple[str, str]:
    """Names of the best matches, and the q-value of the first."""
    mine = tomtom[tomtom["motif"] == motif].sort_values("rank", kind="stable")
    if mine.empty:
        return "no match", "NA"
    return ", ".join(mine["tf"].astype(str)), probability(float(mine["q_value"].iloc[0]))


def _logo(results: Results, motif: str) -> "str | Image":
    matrix = results.cwms.get(motif)
    return "NA" if matrix is None else Image(motif_logo(matrix), f"logo of {motif}")


def _clusters(results: Results) -> Table:
    table = results.clusters
    rows = []
    for row in table.head(MOST).itertuples():
        name = f"cluster_{row.cluster}"
        shares = (percent(value) for value in (row.share_regions, row.share_positive, row.share_negative))
        names = _names(results.tomtom, name)
        rows.append([name, _logo(results, name), names[0], names[1], number(row.n_seqlets), *shares])
    columns = ["cluster", "contribution", "looks like", "q", "seqlets", "regions", "raising", "lowering"]
    caption = (
        "Regions: share of all regions with a seqlet of the cluster; raising and lowering: with one that "
        f"raises or lowers its haplotype.{_cut(len(table))}"
        if rows
        else "No cluster has enough seqlets (motifs.min_cluster_size)."
    )
    return Table("Clusters of seqlets", columns, rows, caption, ["contribution", "looks like"])


def _patterns(results: Results) -> Table:
    names = sorted((name for name in results.cwms if name.startswith("modisco_")), key=_natural)
    rows = []
    for name in names[:MOST]:
        found, q = _names(results.tomtom, name)
        rows.append([name, _logo(results, name), found, q])
    caption = f"Positive and negative patterns.{_cut(len(names))}" if rows else "TF-MoDISco found no pattern."
    return Table(
        "TF-MoDISco patterns",
        ["pattern", "contribution", "looks like", "q"],
        rows,
        caption,
        ["contribution", "looks like"],
    )


def _natural(name: str) -> tuple[str, int]:
    stem, _, last = name.rpartition("_")
    return stem.replace("pos", "0"), int(last) if last.isdigit() else 0


def _cut(total: int) -> str:
    return f" The first {MOST} of {total} are shown." if total > MOST else ""
