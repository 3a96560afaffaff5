"""Read from a VCF which allele each haplotype of the cross carries."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pysam

from deepallele.compressed import check_bgzip
from deepallele.errors import InputError
from deepallele.genome.alleles import Haplotype, Skip, called_allele, trim, unusable
from deepallele.genome.mask import Mask

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
    """What a VCF says of one haplotype (`side` 0 or 1) at one record.

    `contig` is the FASTA's name, `variant` the allele that the haplotype carries, trimmed; None: its allele
    is not known here.
    """

    contig: str
    side: int
    record: Place
    variant: Place | None


SkipFunction = Callable[[int, Place, Skip], None]

# For these reasons a haplotype's allele is not known; for the others it is known but cannot be applied.
_UNKNOWN = {Skip.FILTERED, Skip.FILTERED_CALL, Skip.HETEROZYGOUS, Skip.UNPHASED, Skip.MISSING}


class CallReader:
    """Pass over a VCF once and give the alleles of both haplotypes that differ from the reference.

    Parameters
    ----------
    vcf
        VCF (plain or bgzip) or BCF, sorted, with or without an index.
    reference
        Indexed FASTA.
    haplotypes
        The two haplotypes, A first. One whose sample is not in this file has no calls in it.
    skip
        Called with side, record and reason for each allele that cannot be used.
    mask
        Places of the reference, by the FASTA's names; records of which a REF base lies in one are left out,
        whatever else they say. None: nowhere.

    Attributes
    ----------
    vcf : str
        The file.
    samples : list of str
        Its sample columns.
    absent : list of str
        Haplotypes whose sample is not among them.
    records : int
        Records read so far.
    checked : int
        Records whose REF was compared with the FASTA so far.
    renamed : dict
        The FASTA's name of each VCF contig that differs from it in the prefix `chr`.

    Raises
    ------
    InputError
        If the header cannot be read or the compressed file is cut short.
    """

    def __init__(
        self,
        vcf: str | Path,
        reference: str | Path,
        haplotypes: Sequence[Haplotype],
        skip: SkipFunction,
        mask: Mask | None = None,
    ) -> None:
        self.vcf = str(vcf)
        check_bgzip(vcf)
        self._file = self._open()
        self.samples = list(self._file.header.samples)
        self._sample_of = [h.vcf_sample if h.vcf_sample in self.samples else None for h in haplotypes]
        self.absent = [h.name for h in haplotypes if h.vcf_sample not in (None, *self.samples)]
        self._phase_of = [haplotype.phase for haplotype in haplotypes]
        # Next to the reference, whose alleles are all known, nothing follows from an unknown one.
        self._tell_unknown = all(haplotype.vcf_sample is not None for haplotype in haplotypes)
        self._filters = _genotype_filters(self._file.header)
        self._reference = pysam.FastaFile(str(reference))
        self._skip = skip
        self._mask = mask or Mask()
        self._mismatched = 0
        self._first_mismatch = ""
        self.records = 0
        self.checked = 0
        self.renamed: dict[str, str] = {}

    def _open(self) -> pysam.VariantFile:
        # An index is looked for on opening; that there is none is no error.
        verbosity = pysam.set_verbosity(0)
        try:
            return pysam.VariantFile(self.vcf)
        except (OSError, ValueError) as error:
            raise self._damaged("in its header", error) from error
        finally:
            pysam.set_verbosity(verbosity)

    def _damaged(self, where: str, error: Exception) -> InputError:
        return InputError(f"{self.vcf}: not readable as VCF {where} ({error}); mend or copy it again")

    def __iter__(self) -> Iterator[Call]:
        """Give the calls in the order of the VCF.

        Raises
        ------
        InputError
            If the VCF is not sorted or damaged, or if more than 1 % of the records that matter have
            another REF than the FASTA.
        """
        self._file.subset_samples(sorted({name for name in self._sample_of if name is not None}))
        for record, contig, sequence in self._sorted_records():
            yield from self._calls(record, contig, sequence)
        self._file.close()
        self._check_mismatches(enough=1)

    def _records(self) -> Iterator[pysam.VariantRecord]:
        records, last = iter(self._file), None
        while True:
            # Only the reading is guarded: an error of ours must not pass for a damaged file.
            try:
                record = next(records, None)
            except (OSError, ValueError) as error:
                where = f"after {last.contig}:{last.pos}" if last else "before the first record"
                # Closing a damaged file fails as well, which is no news.
                with suppress(OSError):
                    self._file.close()
                raise self._damaged(where, error) from error
            if record is None:
                return
            yield record
            last = record

    def _sorted_records(self) -> Iterator[tuple[pysam.VariantRecord, str | None, str]]:
        """Give each record with its contig's name and sequence in the FASTA; insist on the order."""
        declared = {str(contig) for contig in self._file.header.contigs}
        name, target, sequence, last = "", None, "", 0
        finished: set[str] = set()
        for record in self._records():
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
            f"{self.vcf}: record {self.records} ({record.contig}:{record.pos}) is out of order: {detail}; "
            "sort the file with `bcftools sort`"
        )

    def _calls(self, record: pysam.VariantRecord, contig: str | None, sequence: str) -> Iterator[Call]:
        called = [self._called(record, side) for side in range(2)]
        if called == [0, 0]:
            return
        ref = str(record.ref).upper()
        # A symbolic allele or breakend holds names, whose case matters.
        alts = [alt.upper() if alt.isalpha() else alt for alt in record.alts or ()]
        blocked = self._blocked(record, contig, ref, sequence)
        for side in range(2):
            allele = self._trusted(record, side, called[side])
            if allele == 0:
                continue
            alt = ",".join(alts) or "." if isinstance(allele, Skip) else alts[allele - 1]
            place = Place(record.contig, record.start, ref, alt)
            reason = blocked or (allele if isinstance(allele, Skip) else unusable(ref, alt))
            if contig is None or reason:
                self._skip(side, place, reason or Skip.UNKNOWN_CONTIG)
            if contig is not None and reason is None:
                variant = Place(contig, *trim(record.start, ref, alt, sequence))
                yield Call(contig, side, place, variant)
            elif contig is not None and self._tell_unknown and reason in _UNKNOWN:
                yield Call(contig, side, place, None)

    def _called(self, record: pysam.VariantRecord, side: int) -> int | Skip:
        name = self._sample_of[side]
        if name is None:
            return 0
        sample = record.samples[name]
        return called_allele(sample.allele_indices, sample.phased, self._phase_of[side])

    def _trusted(self, record: pysam.VariantRecord, side: int, allele: int | Skip) -> int | Skip:
        """Give the allele, or why not where the file itself marks this sample's genotype as unsure."""
        name = self._sample_of[side]
        if name is None or isinstance(allele, Skip):
            return allele
        for key, good in self._filters.items():
            value = record.samples[name].get(key)
            values = value if isinstance(value, tuple) else (value,)
            if any(item not in (None, ".", good) for item in values):
                return Skip.FILTERED_CALL
        return allele

    def _blocked(
        self, record: pysam.VariantRecord, contig: str | None, ref: str, sequence: str
    ) -> Skip | None:
        """Say why a whole record cannot be used, whatever its genotypes."""
        if contig is None:
            return Skip.UNKNOWN_CONTIG
        if ":" in contig:
            return Skip.CONTIG_NAME
        if self._mask.overlaps(contig, record.start, record.start + len(ref)):
            return Skip.MASKED
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
                f"{self.vcf}: REF differs from the reference FASTA in {self._mismatched} of {self.checked} "
                f"records (first: {self._first_mismatch}); the VCF is likely of another assembly: "
                "use the FASTA it was called on"
            )


def _genotype_filters(header: pysam.VariantHeader) -> dict[str, str | int]:
    """FORMAT fields that mark a sample's own genotype as unsure, each with the value of a sure one.

    FT is that of the VCF specification (4.3, section 1.6.2). FI, 1 or 0, is that of the Mouse Genomes
    Project, whose files hold the genotypes of all strains at a site, sure or not.
    """
    formats = header.formats
    known: dict[str, str | int] = {"FT": "PASS"} if "FT" in formats else {}
    if "FI" in formats and formats["FI"].type == "Integer":
        known["FI"] = 1
    return known


def _short(allele: str) -> str:
    return allele if len(allele) <= 20 else f"{allele[:20]}..."
