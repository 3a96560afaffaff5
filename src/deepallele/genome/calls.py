"""Read from a VCF which allele each haplotype of the cross carries."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pysam

from deepallele.errors import InputError
from deepallele.genome.alleles import Haplotype, Skip, called_allele, trim, unusable

MAX_MISMATCH_SHARE = 0.01
# From so many records on, a wrong assembly is told at once instead of at the end of a long file.
_EARLY_VERDICT = 10_000


class Place(NamedTuple):
    """Where a record is and what it says, as in the VCF but 0-based and upper-case."""

    contig: str
    position: int
    ref: str
    alt: str


class Call(NamedTuple):
    """An allele that one haplotype (`side` 0 or 1) carries; `variant` is trimmed, named as in the FASTA."""

    variant: Place
    side: int
    record: Place


class CallReader:
    """Pass over a VCF once and give the alleles of both haplotypes that differ from the reference.

    Parameters
    ----------
    vcf
        VCF (plain or bgzip) or BCF, sorted, with or without an index.
    reference
        Indexed FASTA.
    haplotypes
        The two haplotypes, A first.
    skip
        Called with side, record and reason for each allele that cannot be used.

    Attributes
    ----------
    records : int
        Records read so far.
    checked : int
        Records whose REF was compared with the FASTA so far.
    renamed : dict
        The FASTA's name of each VCF contig that differs from it in the prefix `chr`.
    """

    def __init__(
        self,
        vcf: str | Path,
        reference: str | Path,
        haplotypes: Sequence[Haplotype],
        skip: Callable[[int, Place, Skip], None],
    ) -> None:
        self._vcf = str(vcf)
        self._reference = pysam.FastaFile(str(reference))
        self._haplotypes = list(haplotypes)
        self._skip = skip
        self._mismatched = 0
        self._first_mismatch = ""
        self.records = 0
        self.checked = 0
        self.renamed: dict[str, str] = {}

    def __iter__(self) -> Iterator[Call]:
        """Give the calls in the order of the VCF.

        Raises
        ------
        InputError
            If the VCF lacks a sample, is not sorted or damaged, or if more than 1 % of the records that
            matter have another REF than the FASTA.
        """
        where = "before the first record"
        try:
            with pysam.VariantFile(self._vcf) as file:
                self._check_samples(list(file.header.samples))
                file.subset_samples(sorted({h.vcf_sample for h in self._haplotypes if h.vcf_sample}))
                for record, contig, sequence in self._sorted_records(file):
                    yield from self._calls(record, contig, sequence)
                    where = f"after {record.contig}:{record.pos}"
        except NotImplementedError as error:
            mend = f"`gunzip -c {self._vcf} | bgzip`"
            raise InputError(f"{self._vcf}: compressed with gzip; compress it with bgzip: {mend}") from error
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self._vcf}: not readable as VCF {where} ({error}); mend or copy it again"
            ) from error
        self._check_mismatches(enough=1)

    def _check_samples(self, known: Sequence[str]) -> None:
        for haplotype in self._haplotypes:
            if haplotype.vcf_sample is not None and haplotype.vcf_sample not in known:
                shown = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
                raise InputError(
                    f"{self._vcf}: no sample '{haplotype.vcf_sample}' for haplotype '{haplotype.name}'; "
                    f"its samples are {shown or 'none'}"
                )

    def _sorted_records(
        self, file: pysam.VariantFile
    ) -> Iterator[tuple[pysam.VariantRecord, str | None, str]]:
        """Give each record with its contig's name and sequence in the FASTA; insist on the order."""
        declared = {str(contig) for contig in file.header.contigs}
        name, target, sequence, last = "", None, "", 0
        finished: set[str] = set()
        for record in file:
            self.records += 1
            if record.contig != name:
                name, last = record.contig, 0
                target = self._match_contig(name, declared)
                if name in finished or target in finished:
                    self._fail_unsorted(record, f"records of '{name}' are in two places")
                finished.update({name, target or name})
                sequence = "" if target is None else self._reference.fetch(target).upper()
            if record.pos < last:
                self._fail_unsorted(record, f"it comes after position {last}")
            last = record.pos
            yield record, target, sequence

    def _match_contig(self, name: str, declared: set[str]) -> str | None:
        """Find the FASTA's name of a VCF contig, also where just the prefix chr differs."""
        if name in self._reference:
            return name
        other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
        if other not in self._reference or other in declared:
            return None
        self.renamed[name] = other
        return other

    def _fail_unsorted(self, record: pysam.VariantRecord, detail: str) -> None:
        raise InputError(
            f"{self._vcf}: record {self.records} ({record.contig}:{record.pos}) is out of order: {detail}; "
            "sort the file with `bcftools sort`"
        )

    def _calls(self, record: pysam.VariantRecord, contig: str | None, sequence: str) -> Iterator[Call]:
        called = [self._called(record, haplotype) for haplotype in self._haplotypes]
        if called == [0, 0]:
            return
        ref = str(record.ref).upper()
        # A symbolic allele or breakend holds names, whose case matters.
        alts = [alt.upper() if alt.isalpha() else alt for alt in record.alts or ()]
        blocked = self._blocked(record, contig, ref, sequence)
        for side, allele in enumerate(called):
            if isinstance(allele, Skip):
                self._skip(
                    side, Place(record.contig, record.start, ref, ",".join(alts) or "."), blocked or allele
                )
            elif allele > 0:
                alt = alts[allele - 1]
                place = Place(record.contig, record.start, ref, alt)
                reason = blocked or unusable(ref, alt)
                if reason or contig is None:
                    self._skip(side, place, reason or Skip.UNKNOWN_CONTIG)
                else:
                    yield Call(Place(contig, *trim(record.start, ref, alt, sequence)), side, place)

    def _called(self, record: pysam.VariantRecord, haplotype: Haplotype) -> int | Skip:
        if haplotype.vcf_sample is None:
            return 0
        sample = record.samples[haplotype.vcf_sample]
        return called_allele(sample.allele_indices, sample.phased, haplotype.phase)

    def _blocked(
        self, record: pysam.VariantRecord, contig: str | None, ref: str, sequence: str
    ) -> Skip | None:
        """Say why a whole record cannot be used, whatever its genotypes."""
        if contig is None:
            return Skip.UNKNOWN_CONTIG
        if ":" in contig:
            return Skip.CONTIG_NAME
        if any(name != "PASS" for name in record.filter):
            return Skip.FILTERED
        self.checked += 1
        found = sequence[record.start : record.start + len(ref)]
        if found == ref:
            return None
        self._mismatched += 1
        self._first_mismatch = self._first_mismatch or (
            f"{record.contig}:{record.pos} has {_short(ref)} where the FASTA has {_short(found) or 'no base'}"
        )
        self._check_mismatches(enough=_EARLY_VERDICT)
        return Skip.REF_MISMATCH

    def _check_mismatches(self, enough: int) -> None:
        if self.checked >= enough and self._mismatched > MAX_MISMATCH_SHARE * self.checked:
            raise InputError(
                f"{self._vcf}: REF differs from the reference FASTA in {self._mismatched} of {self.checked} "
                f"records (first: {self._first_mismatch}); the VCF is likely of another assembly: "
                "use the FASTA it was called on"
            )


def _short(allele: str) -> str:
    return allele if len(allele) <= 20 else f"{allele[:20]}..."


def read_haplotypes(entries: Sequence[dict[str, Any]]) -> list[Haplotype]:
    """Turn the two entries of the config's `cross.haplotypes` into `Haplotype`s, in their order."""
    return [
        Haplotype(entry["name"], entry.get("vcf_sample"), entry.get("phase"))
        if entry["source"] == "vcf"
        else Haplotype(entry["name"])
        for entry in entries
    ]
