"""Counts per variant, and differences from the reference, against pysam's pileup and plain code."""

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.quality import sample as quality_sample
from deepallele.quality.sample import count_sample

LENGTH = 3000
MIN_QUALITY, MIN_MAPQ = 20, 20
HEADER = pysam.AlignmentHeader.from_dict(
    {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": name, "LN": LENGTH} for name in ("1", "2")]}
)


def random_cigar(rng, introns):
    kinds = ["M"]
    for kind in rng.choice(list("IDN" if introns else "ID"), rng.integers(0, 3)):
        kinds += [str(kind), "M"]
    cigar = [("MIDNS".index(kind), int(rng.integers(1, 30 if kind in "MN" else 5))) for kind in kinds]
    for place in (0, len(cigar) + 1):
        if rng.random() < 0.3:
            cigar.insert(place, (4, int(rng.integers(1, 6))))
    return cigar


def random_segment(rng, reference, start, introns):
    """A read with errors; its bases follow the reference elsewhere."""
    segment = pysam.AlignedSegment(HEADER)
    cigar, bases, place = random_cigar(rng, introns), "", start
    for kind, length in cigar:
        if kind == 0:
            bases += "".join(
                base if rng.random() > 0.1 else str(rng.choice(list("ACGTN")))
                for base in reference[place : place + length]
            )
        elif kind in (1, 4):
            bases += "".join(rng.choice(list("ACGT"), length))
        place += length if kind in (0, 2, 3) else 0
    segment.query_sequence = bases
    segment.query_qualities = pysam.qualitystring_to_array(
        "".join(chr(33 + int(quality)) for quality in rng.choice([2, 19, 20, 37], len(bases)))
    )
    segment.reference_start, segment.cigartuples = start, cigar
    return segment


def write_random_bam(path, rng, references, paired, introns, number=400):
    segments = []
    for tid, reference in enumerate(references):
        for name in range(number):
            start = int(rng.integers(0, LENGTH - 700))
            # Mates overlap often, and some are at the same place.
            starts = [start] + [start + int(rng.choice([0, 5, 20, 60]))] * paired
            mates = [random_segment(rng, reference, place, introns) for place in starts]
            tag, mapq = int(rng.integers(0, 3)), int(rng.choice([3, 19, 20, 42]))
            for mate, segment in enumerate(mates):
                # The names are the same in all lanes: only name and place together tell a pair.
                segment.query_name = f"r{name % 350 if introns else name}"
                segment.reference_id, segment.mapping_quality = tid, mapq
                segment.flag = (0x3 | (0x40, 0x80)[mate]) if paired else 0
                if paired:
                    segment.next_reference_id, segment.next_reference_start = tid, starts[1 - mate]
                    span = max(one.reference_end for one in mates) - start
                    segment.template_length = -span if mate else span
                tags = [("CB", "ACGT-1", "Z"), ("ML", [1, 2, 3]), ("XH", 0.5, "f")]
                segment.set_tags(tags[: int(rng.integers(0, 3))] + ([("HP", tag, "C")] if tag else []))
                segments.append((tid, segment.reference_start, len(segments), segment))
    with pysam.AlignmentFile(str(path), "wb", header=HEADER) as file:
        for *_, segment in sorted(segments, key=lambda one: one[:3]):
            file.write(segment)
    pysam.index(str(path))
    return path


def random_variants(rng, references):
    """Any kinds of variants, also several at one place, between the haplotypes or shared."""
    records = []
    for contig, reference in zip(("1", "2"), references, strict=True):
        for position in sorted(rng.integers(1, LENGTH - 20, 250).tolist()):
            ref = reference[position]
            other = str(rng.choice([base for base in "ACGT" if base != ref]))
            kind = rng.choice(["snp", "snp", "mnv", "insertion", "deletion", "complex"])
            alleles = {
                "snp": (ref, other),
                "mnv": (reference[position : position + 2], other + "A"),
                "insertion": (ref, ref + "ACG"[: int(rng.integers(1, 4))]),
                "deletion": (reference[position : position + 4], ref),
                "complex": (reference[position : position + 2], other + "ACG"),
            }[str(kind)]
            if alleles[0] != alleles[1]:
                genotype = [(0, 1), (1, 0), (1, 1)][int(rng.integers(0, 3))]
                records.append((contig, position, *alleles, genotype))
    return records


def write_inputs(folder, records, references):
    header = pysam.VariantHeader()
    for name in ("1", "2"):
        header.contigs.add(name, length=LENGTH)
    header.formats.add("GT", 1, "String", "Genotype")
    header.add_sample("cross")
    variants = folder / "variants.bcf"
    with pysam.VariantFile(str(variants), "wb", header=header) as file:
        for contig, position, ref, alt, genotype in records:
            record = file.new_record(contig=contig, start=position, alleles=(ref, alt))
            record.samples[0]["GT"], record.samples[0].phased = genotype, True
            file.write(record)
    pysam.bcftools.index("-f", str(variants))
    fasta = folder / "reference.fa"
    fasta.write_text("".join(f">{name}\n{text}\n" for name, text in zip("12", references, strict=True)))
    pysam.faidx(str(fasta))
    return variants, fasta


def exons(segment):
    """Stretches without an intron, (start, end); the last goes on where bases follow that are not aligned."""
    blocks, start, place = [], segment.reference_start, segment.reference_start
    for kind, length in segment.cigartuples:
        if kind == 3:
            blocks.append((start, place, place))
            start = place = place + length
        elif kind in (0, 2):
            place += length
    further = place + (segment.cigartuples[-1][0] in (1, 4))
    return [*blocks, (start, place, further)]


def covers(segment, position, ref, alt):
    for start, end, further in exons(segment):
        if len(ref) == len(alt):
            if start <= position and position + len(ref) <= end:
                return True
        elif ref[0] != alt[0]:
            if start <= position < end:
                return True
        elif start <= position < end and further >= position + 2:
            return True
    return False


def pairs_of(bam):
    """Both mates of each pair, the first one of the file first."""
    groups = defaultdict(list)
    with pysam.AlignmentFile(str(bam)) as file:
        for segment in file:
            places = sorted((segment.reference_start, segment.next_reference_start))
            key = segment.query_name, segment.reference_name, *places, segment.is_paired
            groups[key if segment.is_paired else len(groups)].append(segment)
    found = []
    for members in groups.values():
        found += [members[i : i + 2] for i in range(0, len(members), 2)]
    return found


def slow_table(bam, records):
    """Rows of the table of counts from plain loops."""
    result = {}
    pairs = pairs_of(bam)
    for contig, position, ref, alt, genotype in records:
        if genotype[0] == genotype[1]:
            continue
        count, bases = [0, 0, 0], [0, 0, 0]
        alleles = [(ref, alt)[allele] for allele in genotype]
        for mates in pairs:
            if mates[0].reference_name != contig:
                continue
            # A later mate adds only what lies behind the earlier one.
            ending = mates[0].reference_end + (
                len(ref) != len(alt) and ref[0] == alt[0] and mates[0].cigartuples[-1][0] in (1, 4)
            )
            stop = position + (len(ref) if len(ref) == len(alt) else 1 + (ref[0] == alt[0]))
            shown = [mates[0]] if covers(mates[0], position, ref, alt) else []
            if not shown and len(mates) == 2 and stop > ending and covers(mates[1], position, ref, alt):
                shown = [mates[1]]
            if not shown:
                continue
            haplotype = shown[0].get_tag("HP") - 1 if shown[0].has_tag("HP") else 2
            count[haplotype] += 1
            if len(ref) == len(alt) == 1:
                places = {r: q for q, r in shown[0].get_aligned_pairs(matches_only=True)}
                query = places.get(position)
                if query is not None and shown[0].query_qualities[query] >= MIN_QUALITY:
                    base = shown[0].query_sequence[query]
                    if base != "N":
                        bases[alleles.index(base) if base in alleles else 2] += 1
        if sum(count):
            row = (contig, position, ref, alt)
            result.setdefault(row, Counter())[
                (*count, *(bases if len(ref) == len(alt) == 1 else (-1,) * 3))
            ] += 1
    return result


@pytest.mark.parametrize(
    ("paired", "introns", "chunk"), [(True, False, 37), (True, True, 1 << 16), (False, True, 50)]
)
def test_counts_agree_with_plain_loops(tmp_path, monkeypatch, paired, introns, chunk):
    monkeypatch.setattr(quality_sample, "CHUNK_RECORDS", chunk)
    rng = np.random.default_rng(11)
    references = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(2)]
    bam = write_random_bam(tmp_path / "x.bam", rng, references, paired, introns)
    records = random_variants(rng, references)
    variants, fasta = write_inputs(tmp_path, records, references)
    count_sample(bam, variants, fasta, tmp_path / "c.tsv.gz", tmp_path / "s.tsv.gz")
    table = pd.read_csv(tmp_path / "c.tsv.gz", sep="\t", dtype={"chrom": str})
    columns = ["count_a", "count_b", "count_ambiguous", "base_a", "base_b", "base_other"]
    found = {}
    for row in table.fillna(-1).itertuples(index=False):
        key = (row.chrom, row.pos, row.ref, row.alt)
        found.setdefault(key, Counter())[tuple(int(getattr(row, name)) for name in columns)] += 1
    expected = slow_table(bam, records)
    assert found == expected
    assert len(expected) > 150
    assert list(zip(table["chrom"], table["pos"], strict=True)) == sorted(
        zip(table["chrom"], table["pos"], strict=True)
    )


@pytest.mark.parametrize("chunk", [61, 1 << 16])
def test_bases_and_differences_agree_with_pysam_pileup(tmp_path, monkeypatch, chunk):
    """Nothing of the VCF hides a difference here: it has no variants at all."""
    monkeypatch.setattr(quality_sample, "CHUNK_RECORDS", chunk)
    rng = np.random.default_rng(12)
    references = ["".join(rng.choice(list("ACGTN"), LENGTH, p=[0.24] * 4 + [0.04])) for _ in range(2)]
    # The reads come from a genome that often differs.
    truth = ["".join(rng.choice(list(base * 9 + "ACGT")) for base in reference) for reference in references]
    bam = write_random_bam(tmp_path / "x.bam", rng, truth, True, False)
    variants, fasta = write_inputs(tmp_path, [], references)
    result = count_sample(bam, variants, fasta, tmp_path / "c.tsv.gz", tmp_path / "s.tsv.gz")
    table = pd.read_csv(tmp_path / "s.tsv.gz", sep="\t", dtype={"chrom": str})
    found = {
        (chrom, pos, ref, alt): (seen, depth)
        for chrom, pos, ref, alt, _, seen, depth in table.itertuples(index=False)
    }
    expected, total = pileup_differences(bam, references)
    assert found == expected
    assert result.evidence.bases == total
    assert len(expected) > 100


def pileup_differences(bam, references):
    """Bases of pysam's pileup columns, of the earlier mate where both are there."""
    expected, total = {}, 0
    with pysam.AlignmentFile(str(bam)) as file:
        rank = {(s.query_name, s.reference_id, s.is_read2): n for n, s in enumerate(file)}
        options = {"stepper": "nofilter", "ignore_overlaps": False, "min_base_quality": 0, "max_depth": 10**6}
        for contig, reference in zip("12", references, strict=True):
            for column in file.pileup(contig, **options):
                first = {}
                for read in column.pileups:
                    one = read.alignment
                    order = rank[one.query_name, one.reference_id, one.is_read2]
                    if one.query_name not in first or order < first[one.query_name][0]:
                        first[one.query_name] = (order, read)
                bases = Counter()
                depth = 0
                for _, read in first.values():
                    one, query = read.alignment, read.query_position
                    if (
                        read.is_del
                        or one.mapping_quality < MIN_MAPQ
                        or one.query_qualities[query] < MIN_QUALITY
                    ):
                        continue
                    depth += 1
                    bases[one.query_sequence[query]] += 1
                total += depth
                ref = reference[column.reference_pos]
                for base, seen in bases.items():
                    if base not in ("N", ref) and ref != "N" and seen >= 3 and seen >= 0.25 * depth:
                        expected[contig, column.reference_pos, ref, base] = (seen, depth)
    return expected, total
