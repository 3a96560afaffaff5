"""The quality control in allele_stats.json: shares with intervals, verdicts and plain warnings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepallele.quality.checks import Evidence
from deepallele.quality.counts import COMPLEX, DELETION, INSERTION, MASKS, MAX_INSERT, SNP, Totals
from deepallele.quality.fragments import A, B
from deepallele.quality.intervals import balance, share, wilson
from deepallele.quality.sample import SampleCounts

# Limits of the verdict on the fit of the VCF. In simulations, mapping included, both alleles were seen at
# 0.997 of the SNPs (right VCF), 0.975 (5 % of the variants missing, 2 % false), 0.50 (VCF of a strain that
# shares half of them) and 0.002 (reads of the reference only).
FIT_SNPS = 50
FITS_BOTH, FITS_ALLELES = 0.85, 0.97
FAILS_BOTH, FAILS_ALLELES = 0.65, 0.9
# Above these, a warning is given.
VCF_LIMIT, VCF_SITES = 0.01, 5
CONTAMINATION_LIMIT = 0.005
# An error gives one of three bases, two of which are neither allele of a SNP.
OTHER_OF_ERRORS = 2 / 3

INSERT_BIN = 10
CLASSES = ("informative_A", "informative_B", "ambiguous")


def summarise_quality(
    counts: SampleCounts, assignment: dict[str, Any], hemizygous: list[str]
) -> dict[str, Any]:
    """Turn the counts of a sample into the object `qc` of allele_stats.json.

    Parameters
    ----------
    counts
        What the sample's BAM gives.
    assignment
        The numbers of the assignment: `deepallele.allele.stats.summarise`.
    hemizygous
        Contigs left out of everything here, as the sample has one copy of them.

    Returns
    -------
    dict
        coverage, bias, fit, vcf, contamination, insert_size (null for single reads), hemizygous_contigs,
        reads_left_out, mates_missing, warnings; see config/README.md.
    """
    totals, evidence = counts.totals, counts.evidence
    fit, vcf = _fit(totals, evidence), _vcf(evidence)
    contamination = _contamination(totals, evidence)
    return {
        "coverage": _coverage(totals, evidence),
        "bias": _bias(totals, assignment, hemizygous),
        "fit": fit,
        "vcf": vcf,
        "contamination": contamination,
        "insert_size": _insert_size(totals) if totals.inserts.any() else None,
        "hemizygous_contigs": sorted(hemizygous),
        "reads_left_out": totals.left_out,
        "mates_missing": totals.mates_missing,
        "warnings": _warnings(fit, vcf, contamination),
    }


def _coverage(totals: Totals, evidence: Evidence) -> dict[str, Any]:
    fragments, covering = totals.fragments, totals.fragments[:, 1:]
    informative, all_ = int(fragments[[A, B]].sum()), int(fragments.sum())
    return {
        "variants": evidence.variants,
        "variants_covered": evidence.covered,
        "pairs": all_,
        "pairs_covering": int(covering.sum()),
        "expected_informative": share(int(covering.sum()), all_),
        "informative": share(informative, all_),
        "informative_of_covering": share(int(covering[[A, B]].sum()), int(covering.sum())),
        "informative_not_covering": int(fragments[[A, B], 0].sum()),
    }


def _bias(totals: Totals, assignment: dict[str, Any], hemizygous: list[str]) -> dict[str, Any]:
    mask = np.arange(MASKS)
    indel = (mask & (INSERTION | DELETION | COMPLEX)) > 0
    snp_and_indel = (mask & SNP > 0) & indel
    classes = {
        "snp": mask == SNP,
        "insertion": mask == INSERTION,
        "deletion": mask == DELETION,
        "snp_and_indel": snp_and_indel,
        "other_indels": indel & ~snp_and_indel & (mask != INSERTION) & (mask != DELETION),
    }
    a, b = totals.fragments[A], totals.fragments[B]
    return {
        "overall": balance(int(a.sum()), int(b.sum())),
        "classes": {name: balance(int(a[rows].sum()), int(b[rows].sum())) for name, rows in classes.items()},
        "contigs": {
            name: balance(row["informative_A"], row["informative_B"])
            for name, row in assignment["contigs"].items()
            if name not in hemizygous
        },
    }


def _fit(totals: Totals, evidence: Evidence) -> dict[str, Any]:
    seen = totals.bases.sum(axis=0)
    alleles = share(int(seen[:2].sum()), int(seen.sum()))
    both = share(evidence.both, evidence.deep)
    agreeing = totals.bases[[A, B], [0, 1]].sum()
    return {
        "bases": {"a": int(seen[0]), "b": int(seen[1]), "other": int(seen[2])},
        "allele_share": alleles,
        "snps_tested": evidence.deep,
        "both_alleles": both,
        "base_agrees_with_haplotype": share(int(agreeing), int(totals.bases[[A, B], :2].sum())),
        "verdict": _verdict(alleles["share"], both["share"], evidence.deep),
    }


def _verdict(alleles: float | None, both: float | None, snps: int) -> str | None:
    """Say whether the sample of the VCF fits the reads; None where too few SNPs are covered to tell."""
    if alleles is None or both is None or snps < FIT_SNPS:
        return None
    if both < FAILS_BOTH or alleles < FAILS_ALLELES:
        return "does not fit"
    return "fits" if both >= FITS_BOTH and alleles >= FITS_ALLELES else "doubtful"


def _vcf(evidence: Evidence) -> dict[str, Any]:
    shown = evidence.known + evidence.missing
    return {
        "false": {"tested": evidence.tested, "found": evidence.false}
        | share(evidence.false, evidence.tested),
        "missing": {"known": evidence.known, "found": evidence.missing} | share(evidence.missing, shown),
    }


def _contamination(totals: Totals, evidence: Evidence) -> dict[str, Any]:
    """Estimate foreign DNA from bases that neither haplotype has."""
    observed = evidence.errors / evidence.bases if evidence.bases else 0.0
    seen, shared = totals.bases.sum(axis=0), totals.shared_bases
    others = _excess(int(seen[2]), int(seen.sum()), totals.errors, observed, OTHER_OF_ERRORS)
    # Where both haplotypes carry the variant, the reference's base is foreign, or one third of the errors.
    reference = _excess(int(shared[1]), int(shared.sum()), totals.shared_errors, observed, 1 / 3)
    return {
        "error_rate": round(observed, 6),
        "third_base": others,
        "reference_base_at_shared_snps": reference,
    }


def _excess(count: int, total: int, errors: float, observed: float, of_errors: float) -> dict[str, Any]:
    """Share of bases above what errors explain: the larger of what qualities say and what is observed."""
    if total == 0:
        return {"bases": 0, "share": None, "expected": None, "excess": None, "low": None, "high": None}
    expected = max(errors / total, observed) * of_errors
    low, high = (max(0.0, end - expected) for end in wilson(count, total))
    found = count / total
    values = {"share": found, "expected": expected, "excess": max(0.0, found - expected)}
    values |= {"low": low, "high": high}
    return {"bases": total} | {name: round(value, 6) for name, value in values.items()}


def _insert_size(totals: Totals) -> dict[str, Any]:
    length = np.arange(MAX_INSERT + 1)
    result: dict[str, Any] = {}
    for name, number in zip(CLASSES, totals.inserts, strict=True):
        known = number[:MAX_INSERT]
        pairs = int(known.sum())
        result[name] = {
            "pairs": pairs,
            "longer": int(number[MAX_INSERT]),
            "median": int(np.searchsorted(np.cumsum(known), (pairs + 1) // 2)) if pairs else None,
            "mean": round(float((known * length[:MAX_INSERT]).sum() / pairs), 3) if pairs else None,
            "histogram": _binned(known),
        }
    result["bin"] = INSERT_BIN
    result["max_difference"] = _distance(totals.inserts[A], totals.inserts[B])
    return result


def _binned(number: NDArray[np.int64]) -> list[int]:
    """Sum the numbers in bins of 10 bases, empty bins at the end left out."""
    binned = number.reshape(-1, INSERT_BIN).sum(axis=1)
    used = np.flatnonzero(binned)
    return [int(value) for value in binned[: used[-1] + 1]] if len(used) else []


def _distance(a: NDArray[np.int64], b: NDArray[np.int64]) -> float | None:
    """Largest difference of two cumulative distributions (Kolmogorov-Smirnov)."""
    if not a.any() or not b.any():
        return None
    return round(float(np.abs(np.cumsum(a) / a.sum() - np.cumsum(b) / b.sum()).max()), 6)


def _warnings(fit: dict[str, Any], vcf: dict[str, Any], contamination: dict[str, Any]) -> list[str]:
    found = []
    if fit["verdict"] in ("doubtful", "does not fit"):
        start = "the reads may not be" if fit["verdict"] == "doubtful" else "the reads are not"
        found.append(
            f"{start} of the cross that the VCF describes: both alleles are seen at"
            f" {_percent(fit['both_alleles']['share'])} of the well covered SNPs, and"
            f" {_percent(fit['allele_share']['share'])} of the bases at SNPs are one of the two alleles;"
            " compare sample sheet, VCF sample and genome"
        )
    texts = {
        "false": "of the SNPs of the VCF are likely false (one allele is never seen)",
        "missing": "of the SNPs that the reads show are missing in the VCF",
    }
    for name, text in texts.items():
        check = vcf[name]
        if check["found"] >= VCF_SITES and check["share"] > VCF_LIMIT:
            found.append(f"{_percent(check['share'])} {text}; reads near them are assigned less well")
    texts = {
        "third_base": "at SNPs are neither haplotype's",
        "reference_base_at_shared_snps": "at SNPs that both haplotypes carry are the reference's",
    }
    for name, text in texts.items():
        if (contamination[name]["low"] or 0) > CONTAMINATION_LIMIT:
            excess = _percent(contamination[name]["excess"])
            found.append(
                f"{excess} of the bases {text}, beyond what errors explain: DNA of another genotype, or wrong"
                " genotypes in the VCF"
            )
    return found


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
