"""Choose the variants of a VCF that make the two haplotypes of a cross, and say what was left out."""

import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pysam

from deepallele.errors import InputError
from deepallele.files import atomic_path, write_json
from deepallele.genome.alleles import Haplotype, Skip, check_samples, variant_class
from deepallele.genome.calls import CallReader, Place
from deepallele.genome.mask import read_mask
from deepallele.genome.merge import merge_calls
from deepallele.genome.programs import bcftools
from deepallele.genome.resolve import Variant, resolve

_SKIPPED_COLUMNS = ("variant", "chrom", "pos", "ref", "alt", "haplotype", "reason")


class _Counts:
    """Counts of the chosen variants and the left-out ones."""

    def __init__(self, haplotypes: Sequence[Haplotype]) -> None:
        self.names = [haplotype.name for haplotype in haplotypes]
        self.applied: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self.skipped: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self.between: Counter[str] = Counter()
        self.shared: Counter[str] = Counter()

    def add(self, variant: Variant) -> None:
        kind = variant_class(variant.place.ref, variant.place.alt)
        for side, allele in enumerate(variant.alleles):
            self.applied[side][kind] += allele
        (self.shared if variant.alleles == (1, 1) else self.between)[kind] += 1

    def summary(self, readers: Sequence[CallReader]) -> dict[str, Any]:
        return {
            "haplotypes": self.names,
            "files": [_describe_file(reader) for reader in readers],
            "records": sum(reader.records for reader in readers),
            "records_compared_with_reference": sum(reader.checked for reader in readers),
            "renamed_contigs": {name: other for reader in readers for name, other in reader.renamed.items()},
            "applied": {name: _with_total(self.applied[side]) for side, name in enumerate(self.names)},
            "skipped": {name: _with_total(self.skipped[side]) for side, name in enumerate(self.names)},
            "between_haplotypes": _with_total(self.between),
            "shared_by_haplotypes": _with_total(self.shared),
        }


def _describe_file(reader: CallReader) -> dict[str, Any]:
    return {
        "vcf": reader.vcf,
        "records": reader.records,
        "records_compared_with_reference": reader.checked,
        "haplotypes_without_sample": reader.absent,
    }


def _with_total(counts: Counter[str]) -> dict[str, int]:
    return {**{str(key): number for key, number in counts.items() if number}, "total": counts.total()}


def select_variants(
    vcfs: Sequence[str | Path],
    reference: str | Path,
    haplotypes: Sequence[Haplotype],
    cross: str,
    variants: str | Path,
    skipped: str | Path,
    summary: str | Path,
    mask: str | Path | None = None,
) -> dict[str, Any]:
    """Write the variants of a cross, exactly as they are to be applied, and those left out.

    Parameters
    ----------
    vcfs
        VCFs or BCFs, each sorted, with or without an index; the order of the contigs may differ. Where two
        of them exclude each other, the call of the first file wins.
    reference
        Indexed FASTA with upper-case bases.
    haplotypes
        The two haplotypes, A first.
    cross
        Name of the cross: the sample name in `variants`.
    variants
        BCF to write (and its index `.csi`): biallelic, contigs in the FASTA's order, one sample with
        phased genotypes a|b. Records that neither haplotype carries are not in it.
    skipped
        TSV to write: variant (contig:position:ref>alt as in the VCF, 1-based), chrom, pos (0-based), ref,
        alt, haplotype, reason.
    summary
        JSON to write: counts by file, haplotype, class and reason.
    mask
        BED (plain or gzip) of places of the reference; records of which a REF base lies in one are not
        applied to either haplotype.

    Returns
    -------
    dict
        The summary.

    Raises
    ------
    InputError
        If nothing tells the haplotypes apart, a sample is in none of the files, or a file cannot be used:
        see `CallReader` and `read_mask`.
    """
    counts = _Counts(haplotypes)
    with pysam.FastaFile(str(reference)) as fasta:
        contigs = dict(zip(fasta.references, fasta.lengths, strict=True))
    masked = None if mask is None else read_mask(mask, contigs)
    folder = Path(variants).parent
    folder.mkdir(parents=True, exist_ok=True)
    with (
        atomic_path(skipped) as temporary,
        temporary.open("w") as table,
        tempfile.TemporaryDirectory(prefix=".calls", dir=folder) as spools,
    ):
        table.write("\t".join(_SKIPPED_COLUMNS) + "\n")

        def skip(side: int, record: Place, reason: Skip) -> None:
            counts.skipped[side][reason] += 1
            contig, position, ref, alt = record
            name = f"{contig}:{position + 1}:{ref}>{alt}"
            table.write(f"{name}\t{contig}\t{position}\t{ref}\t{alt}\t{counts.names[side]}\t{reason}\n")

        readers = [CallReader(vcf, reference, haplotypes, skip, masked) for vcf in vcfs]
        check_samples({reader.vcf: reader.samples for reader in readers}, haplotypes)
        calls = merge_calls(readers, list(contigs), Path(spools))
        _write_bcf(_counted(resolve(calls, skip), counts, vcfs), contigs, cross, variants)
        report = counts.summary(readers)
    write_json(report, summary)
    return report


def _counted(variants: Iterable[Variant], counts: _Counts, vcfs: Sequence[str | Path]) -> Iterator[Variant]:
    for variant in variants:
        counts.add(variant)
        yield variant
    if counts.between:
        return
    left_out = (counts.skipped[0] + counts.skipped[1]).most_common(1)
    why = (
        f"most records were left out as '{left_out[0][0]}'" if left_out else "no record has a variant in them"
    )
    mend = "check 'vcf_sample' and 'phase' of cross.haplotypes, and that VCF and FASTA belong together"
    if left_out and left_out[0][0] in (Skip.MISSING, Skip.OTHER_UNKNOWN):
        mend = "if a missing genotype means the reference, `bcftools merge --missing-to-ref` writes it so"
    if left_out and left_out[0][0] == Skip.MASKED:
        mend = "check that reference.mask lists the places to leave out, not those to keep"
    raise InputError(
        f"{', '.join(map(str, vcfs))}: no variant tells the haplotypes {' and '.join(counts.names)} apart; "
        f"{why}: {mend}"
    )


def _write_bcf(variants: Iterable[Variant], contigs: Mapping[str, int], cross: str, path: str | Path) -> None:
    lines = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in contigs.items())
    header = f"##fileformat=VCFv4.2\n{lines}" + (
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Alleles of the two haplotypes, A|B">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{cross}\n"
    )
    with atomic_path(path) as temporary:
        # Text through bcftools is several times faster than building the records one by one.
        command = bcftools("view", "--no-version", "--output-type", "b", "--output", str(temporary), "-")
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            process.stdin.write(header)
            for (contig, position, ref, alt), (a, b) in variants:
                process.stdin.write(f"{contig}\t{position + 1}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT\t{a}|{b}\n")
            process.stdin.close()
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, command)
    subprocess.run(bcftools("index", "--csi", "--force", str(path)), check=True)
