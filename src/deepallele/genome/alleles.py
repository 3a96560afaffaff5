"""One VCF record as seen by one haplotype: which allele, in which form, or why none.

Only the standard library is used, because the checks before the first job use this module too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from deepallele.errors import InputError


class Skip(StrEnum):
    """Why a record of the VCF is not applied to a haplotype."""

    MASKED = "masked"
    FILTERED = "filtered"
    FILTERED_CALL = "filtered_genotype"
    HETEROZYGOUS = "heterozygous"
    UNPHASED = "unphased"
    MISSING = "missing_genotype"
    SYMBOLIC = "symbolic"
    STAR = "star"
    BREAKEND = "breakend"
    NOT_ACGT = "not_acgt"
    NO_CHANGE = "no_change"
    REF_MISMATCH = "ref_mismatch"
    UNKNOWN_CONTIG = "contig_not_in_fasta"
    CONTIG_NAME = "contig_name_with_colon"
    OVERLAP = "overlap"
    DUPLICATE = "duplicate"
    OTHER_UNKNOWN = "other_haplotype_unknown"


@dataclass(frozen=True)
class Haplotype:
    """Where the bases of one haplotype of the cross come from.

    Parameters
    ----------
    name
        Name of the haplotype.
    vcf_sample
        Sample of the VCF whose genotypes are applied; None: the reference as it is.
    phase
        Side (0 or 1) of the sample's phased genotypes; None: an inbred sample, homozygous calls only.
    """

    name: str
    vcf_sample: str | None = None
    phase: int | None = None


def read_haplotypes(entries: Sequence[Mapping[str, Any]]) -> list[Haplotype]:
    """Turn the two entries of the config's `cross.haplotypes` into `Haplotype`s, in their order."""
    return [
        Haplotype(entry["name"], entry.get("vcf_sample"), entry.get("phase"))
        if entry["source"] == "vcf"
        else Haplotype(entry["name"])
        for entry in entries
    ]


def check_samples(samples: Mapping[str, Sequence[str]], haplotypes: Sequence[Haplotype]) -> None:
    """See that one of the VCFs at least has each haplotype's sample, and that none is of no use.

    Parameters
    ----------
    samples
        Sample columns of each VCF, by its path.
    haplotypes
        The two haplotypes.

    Raises
    ------
    InputError
        Naming the sample or the file.
    """
    needed = [haplotype.vcf_sample for haplotype in haplotypes if haplotype.vcf_sample is not None]
    known = [name for names in samples.values() for name in names]
    for haplotype in haplotypes:
        if haplotype.vcf_sample is not None and haplotype.vcf_sample not in known:
            raise InputError(
                f"{', '.join(samples)}: no sample '{haplotype.vcf_sample}' for haplotype "
                f"'{haplotype.name}'; {_describe_samples(known)}"
            )
    for path, names in samples.items():
        if needed and not set(needed) & set(names):
            raise InputError(
                f"{path}: none of the samples that cross.haplotypes names ({', '.join(needed)}) is in it; "
                f"{_describe_samples(names)}; or remove the file from reference.vcf"
            )


def _describe_samples(names: Sequence[str]) -> str:
    if not names:
        return "it has sites but no genotypes: give a VCF with a column per sample"
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"its samples are {shown}: set vcf_sample to one of them"


def called_allele(genotype: Sequence[int | None] | None, phased: bool, phase: int | None) -> int | Skip:
    """Choose the allele of a haplotype from a genotype.

    Parameters
    ----------
    genotype
        Allele indices (0 the reference, None missing), one per copy; None where there is no call at all.
    phased
        Whether the genotype is phased.
    phase
        Side of the genotype; None for an inbred sample. A call with one copy has one side only.

    Returns
    -------
    int or Skip
        Index of the allele, or why there is none.
    """
    if not genotype:
        return Skip.MISSING
    if phase is not None and phased and len(genotype) > 1:
        allele = genotype[phase] if phase < len(genotype) else None
        return Skip.MISSING if allele is None else allele
    first = genotype[0]
    if first is None or None in genotype:
        return Skip.MISSING
    if any(allele != first for allele in genotype):
        return Skip.HETEROZYGOUS if phase is None else Skip.UNPHASED
    return first


def unusable(ref: str, alt: str) -> Skip | None:
    """Say why a pair of upper-case alleles cannot be put into a sequence; None if it can."""
    if alt.strip("ACGT") or ref.strip("ACGT"):
        if alt == "*":
            return Skip.STAR
        if alt.startswith("<"):
            return Skip.SYMBOLIC
        if "[" in alt or "]" in alt or alt.startswith(".") or alt.endswith("."):
            return Skip.BREAKEND
        return Skip.NOT_ACGT
    if not alt or not ref:
        return Skip.NOT_ACGT
    return Skip.NO_CHANGE if ref == alt else None


def trim(position: int, ref: str, alt: str, sequence: str) -> tuple[int, str, str]:
    """Bring an allele pair to its shortest form, indels anchored by the base before them.

    Bases shared at the right are removed first, then those at the left, and no allele becomes empty. An
    indel that is then anchored by the base after it is anchored by the base before it instead,
    unless it is at the start of the contig. Nothing is moved along a repeat.

    Parameters
    ----------
    position
        0-based position of the first base of `ref`.
    ref, alt
        Upper-case alleles, different, not empty.
    sequence
        The contig of the reference, upper-case.

    Returns
    -------
    tuple
        Position, ref and alt.
    """
    shared = 0
    most = min(len(ref), len(alt)) - 1
    while shared < most and ref[-1 - shared] == alt[-1 - shared]:
        shared += 1
    ref, alt = ref[: len(ref) - shared], alt[: len(alt) - shared]
    most -= shared
    shared = 0
    while shared < most and ref[shared] == alt[shared]:
        shared += 1
    position, ref, alt = position + shared, ref[shared:], alt[shared:]
    anchored_right = min(len(ref), len(alt)) == 1 and ref[-1] == alt[-1] and ref[0] != alt[0]
    if anchored_right and position > 0:
        before = sequence[position - 1]
        return position - 1, before + ref[:-1], before + alt[:-1]
    return position, ref, alt


def is_anchored_indel(ref: str, alt: str) -> bool:
    """Whether the first base of the alleles is only the anchor of an insertion or deletion."""
    return len(ref) != len(alt) and ref[0] == alt[0]


def variant_class(ref: str, alt: str) -> str:
    """Name the class of a trimmed pair: snp, mnv, insertion, deletion or complex."""
    if len(ref) == len(alt):
        return "snp" if len(ref) == 1 else "mnv"
    if min(len(ref), len(alt)) > 1 or (ref[0] != alt[0] and ref[-1] != alt[-1]):
        return "complex"
    return "deletion" if len(ref) > len(alt) else "insertion"
