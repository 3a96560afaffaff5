"""Counts per variant in the format of GATK's ASEReadCounter."""

import numpy as np
import pandas as pd

# The tool's columns in its order (GATK 4: ASEReadCounter's output table).
ASE_COLUMNS = [
    *("contig", "position", "variantID", "refAllele", "altAllele", "refCount", "altCount", "totalCount"),
    *("lowMAPQDepth", "lowBaseQDepth", "rawDepth", "otherBases", "improperPairs"),
]


def ase_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Rewrite the SNPs of a table of variant counts as ASEReadCounter would list them.

    A pair counts once, also where its mates overlap; ASEReadCounter's rule for that is
    `--count-overlap-reads-handling COUNT_FRAGMENTS`. Pairs of low mapping quality and improper pairs were
    left out before, so that both columns are 0; lowBaseQDepth is all other pairs without a base that counts:
    of low quality, N, or deleted. Sites where the haplotypes have two different alternative alleles are left
    out, as the tool does: neither is the reference's.

    Parameters
    ----------
    counts
        Columns of `quality.counts.VariantCounts.table`.

    Returns
    -------
    pd.DataFrame
        `ASE_COLUMNS`; position is 1-based.
    """
    snps = counts[counts["class"] == "snp"]
    snps = snps[~snps.duplicated(["chrom", "pos"], keep=False)]
    a, b, other = (snps[f"base_{name}"].to_numpy(dtype=np.int64) for name in ("a", "b", "other"))
    depth = snps[["count_a", "count_b", "count_ambiguous"]].sum(axis=1).to_numpy(dtype=np.int64)
    a_is_alt = (snps["haplotype_alt"] == "A").to_numpy()
    position = snps["pos"].to_numpy() + 1
    columns = {
        "contig": snps["chrom"],
        "position": position,
        "variantID": snps["chrom"] + ":" + position.astype(str) + ":" + snps["ref"] + ">" + snps["alt"],
        "refAllele": snps["ref"],
        "altAllele": snps["alt"],
        "refCount": np.where(a_is_alt, b, a),
        "altCount": np.where(a_is_alt, a, b),
        "totalCount": a + b,
        "lowMAPQDepth": 0,
        "lowBaseQDepth": depth - a - b - other,
        "rawDepth": depth,
        "otherBases": other,
        "improperPairs": 0,
    }
    return pd.DataFrame(columns, columns=ASE_COLUMNS).reset_index(drop=True)
