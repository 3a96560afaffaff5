"""Choose the variants of a VCF that make the two haplotypes of a cross, and say what was left out."""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, NamedTuple

import pysam

from deepallele.errors import InputError
from deepallele.files import atomic_path, write_json
from deepallele.genome.alleles import Haplotype, Skip, is_anchored_indel, variant_class
from deepallele.genome.calls import Call, CallReader, Place

SkipFunction = Callable[[int, Place, Skip], None]

_SKIPPED_COLUMNS = ("variant", "chrom", "pos", "ref", "alt", "haplotype", "reason")


class Variant(NamedTuple):
    """A chosen biallelic variant, and per haplotype (A, B) whether it carries it (1) or not (0)."""

    place: Place
    alleles: tuple[int, int]


class _Frozen:
    """What the variants already applied to one haplotype forbid to the next one."""

    def __init__(self) -> None:
        self.last = -1
        self.inserted = False
        self.here: set[Place] = set()

    def admit(self, variant: Place) -> Skip | None:
        """Take a variant, or say why not: the rule of `bcftools consensus`.

        A variant must start behind the last reference base of the one before. Only an indel may have
        its anchor there, as the anchor does not change, unless the one before inserts at the same place.
        """
        anchored = is_anchored_indel(variant.ref, variant.alt)
        free = variant.position > self.last
        if not free and not (anchored and variant.position == self.last and not self.inserted):
            return Skip.DUPLICATE if variant in self.here else Skip.OVERLAP
        if not any(place.position == variant.position for place in self.here):
            self.here.clear()
        self.here.add(variant)
        self.last = variant.position + len(variant.ref) - 1
        self.inserted = len(variant.alt) > len(variant.ref)
        return None


def resolve(calls: Iterable[Call], skip: SkipFunction) -> Iterator[Variant]:
    """Leave out overlaps within each haplotype and join what both haplotypes carry.

    Parameters
    ----------
    calls
        Calls in the order of a sorted VCF.
    skip
        Called with side, record and reason for each call that is left out.

    Yields
    ------
    Variant
        Sorted by position within each contig. At one position base changes come before indels that
        are anchored on the base, so that both can be applied; otherwise the order is the VCF's.
    """
    pending: list[tuple[int, bool, int, Call]] = []
    contig, frozen = "", (_Frozen(), _Frozen())
    for serial, call in enumerate(calls):
        variant = call.variant
        if variant.contig != contig:
            yield from _release(pending, None, frozen, skip)
            contig, frozen = variant.contig, (_Frozen(), _Frozen())
        # Anchoring moves an indel one base to the left at most: nothing before that can still come.
        yield from _release(pending, call.record.position - 1, frozen, skip)
        heappush(pending, (variant.position, is_anchored_indel(variant.ref, variant.alt), serial, call))
    yield from _release(pending, None, frozen, skip)


def _release(
    pending: list[tuple[int, bool, int, Call]],
    limit: int | None,
    frozen: Sequence[_Frozen],
    skip: SkipFunction,
) -> Iterator[Variant]:
    """Decide on the pending calls before `limit`, one position at a time."""
    while pending and (limit is None or pending[0][0] < limit):
        position = pending[0][0]
        chosen: dict[Place, list[int]] = {}
        while pending and pending[0][0] == position:
            call = heappop(pending)[-1]
            reason = frozen[call.side].admit(call.variant)
            if reason is None:
                chosen.setdefault(call.variant, [0, 0])[call.side] = 1
            else:
                skip(call.side, call.record, reason)
        for place, (a, b) in chosen.items():
            yield Variant(place, (a, b))


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

    def summary(self, reader: CallReader) -> dict[str, Any]:
        return {
            "haplotypes": self.names,
            "records": reader.records,
            "records_compared_with_reference": reader.checked,
            "renamed_contigs": reader.renamed,
            "applied": {name: _with_total(self.applied[side]) for side, name in enumerate(self.names)},
            "skipped": {name: _with_total(self.skipped[side]) for side, name in enumerate(self.names)},
            "between_haplotypes": _with_total(self.between),
            "shared_by_haplotypes": _with_total(self.shared),
        }


def _with_total(counts: Counter[str]) -> dict[str, int]:
    return {**{str(key): number for key, number in counts.items() if number}, "total": counts.total()}


def select_variants(
    vcf: str | Path,
    reference: str | Path,
    haplotypes: Sequence[Haplotype],
    cross: str,
    variants: str | Path,
    skipped: str | Path,
    summary: str | Path,
) -> dict[str, Any]:
    """Write the variants of a cross, exactly as they are to be applied, and those left out.

    Parameters
    ----------
    vcf
        VCF or BCF, sorted, with or without an index.
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
        JSON to write: counts by haplotype, class and reason.

    Returns
    -------
    dict
        The summary.

    Raises
    ------
    InputError
        If nothing tells the haplotypes apart, or the VCF cannot be used: see `CallReader`.
    """
    counts = _Counts(haplotypes)
    with atomic_path(skipped) as temporary, temporary.open("w") as table:
        table.write("\t".join(_SKIPPED_COLUMNS) + "\n")

        def skip(side: int, record: Place, reason: Skip) -> None:
            counts.skipped[side][reason] += 1
            contig, position, ref, alt = record
            name = f"{contig}:{position + 1}:{ref}>{alt}"
            table.write(f"{name}\t{contig}\t{position}\t{ref}\t{alt}\t{counts.names[side]}\t{reason}\n")

        reader = CallReader(vcf, reference, haplotypes, skip)
        chosen = _counted(resolve(reader, skip), counts, vcf)
        _write_bcf(chosen, reference, cross, variants)
        report = counts.summary(reader)
    write_json(report, summary)
    return report


def _counted(variants: Iterable[Variant], counts: _Counts, vcf: str | Path) -> Iterator[Variant]:
    for variant in variants:
        counts.add(variant)
        yield variant
    if counts.between:
        return
    left_out = (counts.skipped[0] + counts.skipped[1]).most_common(1)
    why = (
        f"most records were left out as '{left_out[0][0]}'" if left_out else "no record has a variant in them"
    )
    raise InputError(
        f"{vcf}: no variant tells the haplotypes {' and '.join(counts.names)} apart; {why}: "
        "check 'vcf_sample' and 'phase' of cross.haplotypes, and that VCF and FASTA belong together"
    )


def _write_bcf(variants: Iterable[Variant], reference: str | Path, cross: str, path: str | Path) -> None:
    with pysam.FastaFile(str(reference)) as fasta:
        order = {name: number for number, name in enumerate(fasta.references)}
        header = "".join(
            f"##contig=<ID={name},length={length}>\n"
            for name, length in zip(fasta.references, fasta.lengths, strict=True)
        )
    header = f"##fileformat=VCFv4.2\n{header}" + (
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Alleles of the two haplotypes, A|B">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{cross}\n"
    )
    seen: list[int] = []
    with atomic_path(path) as temporary:
        # Text through bcftools is several times faster than building the records one by one.
        command = ["bcftools", "view", "--no-version", "--output-type", "b", "--output", str(temporary), "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            process.stdin.write(header)
            for (contig, position, ref, alt), (a, b) in variants:
                if not seen or seen[-1] != order[contig]:
                    seen.append(order[contig])
                process.stdin.write(f"{contig}\t{position + 1}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT\t{a}|{b}\n")
            process.stdin.close()
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, command)
        if seen != sorted(seen):
            _order_contigs(temporary)
    subprocess.run(["bcftools", "index", "--csi", "--force", str(path)], check=True)


def _order_contigs(path: Path) -> None:
    """Rewrite a BCF whose contigs are not in the order of its header."""
    subprocess.run(["bcftools", "index", "--csi", str(path)], check=True)
    index = Path(f"{path}.csi")
    try:
        with (
            atomic_path(path) as temporary,
            pysam.VariantFile(str(path)) as source,
            pysam.VariantFile(str(temporary), "wb", header=source.header) as output,
        ):
            for contig in source.header.contigs:
                for record in source.fetch(str(contig)):
                    output.write(record)
    finally:
        index.unlink()
