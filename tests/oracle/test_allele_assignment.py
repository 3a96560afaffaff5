"""Allele assignment of reads that bowtie2 maps to two simulated haplotypes, against the truth."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.allele.assign import Inputs, Outputs, assign_alleles
from deepallele.allele.outcome import Mode, Settings
from deepallele.genome.haplotype_map import HaplotypeMap

pytestmark = pytest.mark.skipif(shutil.which("bowtie2") is None, reason="bowtie2 is not installed")

PUBLISHED = Settings(min_insert=10, max_insert=1000, mode=Mode.PUBLISHED)
LENGTHS = {"one": 50_000, "two": 30_000}
READ, PAIRS = 60, 4000
BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")


@dataclass
class Haplotype:
    """A contig made from the reference by variants; `origin[i]` is the reference base of base i, or -1."""

    sequence: bytes
    origin: np.ndarray
    blocks: list[tuple[int, int, int]]
    snps: set[int] = field(default_factory=set)
    indels: list[tuple[int, int]] = field(default_factory=list)
    variants: set[tuple[int, str, str]] = field(default_factory=set)


def make_haplotype(reference: bytes, rng: np.random.Generator, indel_share: float) -> Haplotype:
    sequence, origin, blocks, snps, indels = bytearray(), [], [], set(), []
    variants: set[tuple[int, str, str]] = set()
    place = block = kept = 0
    sites = np.sort(rng.choice(np.arange(20, len(reference) - 40, 30), len(reference) // 140, replace=False))
    for site in sites.tolist():
        sequence += reference[place : site + 1]
        origin += range(place, site + 1)
        place, size = site + 1, int(rng.integers(1, 12))
        if rng.random() >= indel_share:
            sequence[-1] = next(base for base in rng.permutation(BASES).tolist() if base != sequence[-1])
            snps.add(site)
            variants.add((site, chr(reference[site]), chr(sequence[-1])))
            continue
        blocks.append((block, kept, site + 1 - block))
        if rng.random() < 0.5:
            place += size
            indels.append((site, place))
            variants.add((site, reference[site:place].decode(), chr(reference[site])))
        else:
            inserted = rng.choice(BASES, size).tobytes()
            sequence += inserted
            origin += [-1] * size
            indels.append((site, site + 1))
            variants.add((site, chr(reference[site]), chr(reference[site]) + inserted.decode()))
        block, kept = place, len(sequence)
    sequence += reference[place:]
    origin += range(place, len(reference))
    blocks.append((block, kept, len(reference) - block))
    return Haplotype(bytes(sequence), np.array(origin), blocks, snps, indels, variants)


def write_variants(path: Path, genomes: dict[str, dict[str, Haplotype]]) -> None:
    """Write the variants of both haplotypes as VCF, genotype A|B."""
    lines = ["##fileformat=VCFv4.2", '##FORMAT=<ID=GT,Number=1,Type=String,Description="A|B">']
    lines += [f"##contig=<ID={contig}>" for contig in LENGTHS]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tx")
    for contig in LENGTHS:
        of_a, of_b = (genomes[name][contig].variants for name in "AB")
        for variant in sorted(of_a | of_b):
            site, ref, alt = variant
            genotype = f"{int(variant in of_a)}|{int(variant in of_b)}"
            lines.append(f"{contig}\t{site + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{genotype}")
    path.write_text("\n".join(lines) + "\n")


def write_haplotype(folder: Path, name: str, contigs: dict[str, Haplotype]) -> None:
    fasta, chain = [], []
    for contig, haplotype in contigs.items():
        length, size = LENGTHS[contig], len(haplotype.sequence)
        fasta.append(f">{contig}\n{haplotype.sequence.decode()}\n")
        chain.append(f"chain {length} {contig} {length} + 0 {length} {contig} {size} + 0 {size} 1\n")
        for here, following in zip(haplotype.blocks, haplotype.blocks[1:], strict=False):
            gaps = following[0] - here[0] - here[2], following[1] - here[1] - here[2]
            chain.append(f"{here[2]}\t{gaps[0]}\t{gaps[1]}\n")
        chain.append(f"{haplotype.blocks[-1][2]}\n\n")
    (folder / f"{name}.fa").write_text("".join(fasta))
    (folder / f"{name}.chain").write_text("".join(chain))


def sequence_read(bases: bytes, rng: np.random.Generator) -> tuple[str, str]:
    quality = np.where(rng.random(len(bases)) < 0.03, rng.integers(3, 20, len(bases)), 37)
    wrong = rng.random(len(bases)) < 10 ** (-quality / 10)
    read = np.frombuffer(bases, dtype=np.uint8).copy()
    shift = rng.integers(1, 4, len(bases))
    read[wrong] = BASES[(np.searchsorted(BASES, read) + shift) % 4][wrong]
    return read.tobytes().decode(), (quality + 33).astype(np.uint8).tobytes().decode()


def write_reads(folder: Path, genomes: dict[str, dict[str, Haplotype]], rng: np.random.Generator) -> None:
    first, second, last = [], [], {}
    for number in range(PAIRS):
        contig = str(rng.choice(list(LENGTHS), p=[5 / 8, 3 / 8]))
        name = "AB"[number % 2]
        sequence = genomes[name][contig].sequence
        if (contig, name) not in last or rng.random() > 0.03:
            length = int(np.clip(rng.normal(180, 50), READ, 400))
            last[contig, name] = int(rng.integers(0, len(sequence) - length)), length
        start, length = last[contig, name]
        fragment = sequence[start : start + length]
        ends = [fragment, fragment.translate(COMPLEMENT)[::-1]]
        if rng.random() < 0.5:
            ends.reverse()
        title = f"@{number}:{name}:{contig}:{start}:{start + length}"
        for reads, end in zip((first, second), ends, strict=True):
            bases, quality = sequence_read(end[:READ], rng)
            reads.append(f"{title}\n{bases}\n+\n{quality}\n")
    (folder / "r1.fq").write_text("".join(first))
    (folder / "r2.fq").write_text("".join(second))


def align(folder: Path, name: str, reads: list[str], bam: str, options: str = "--very-sensitive") -> None:
    command = ["bowtie2", *options.split(), "-X", "1000", "--reorder", "-x", str(folder / name), *reads]
    sam = subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout
    (folder / "x.sam").write_bytes(sam)
    subprocess.run(["samtools", "view", "-b", "-o", bam, "x.sam"], check=True, cwd=folder)


def assign(
    folder: Path, order: str = "AB", kind: str = "pe", settings: Settings | None = None, variants: bool = True
):
    """Assign with the first letter of `order` as first haplotype; numbers, and records by read name."""
    out = folder / f"{kind}.{order}"
    of_haplotypes, split = (
        (out / f"s.{order[0]}{end}", out / f"s.{order[1]}{end}") for end in (".bam", ".split.bam")
    )
    outputs = Outputs(out / "s.bam", of_haplotypes, out / "s.json", split)
    inputs = Inputs(
        (folder / f"{kind}.{order[0]}.bam", folder / f"{kind}.{order[1]}.bam"),
        (
            HaplotypeMap.from_chain(folder / f"{order[0]}.chain"),
            HaplotypeMap.from_chain(folder / f"{order[1]}.chain"),
        ),
        (order[0], order[1]),
        folder / "ref.fa.fai",
        variants=folder / f"{order}.vcf" if variants else None,
    )
    stats = assign_alleles(inputs, outputs, settings or Settings())
    with pysam.AlignmentFile(str(outputs.bam)) as file:
        return stats, list(file), outputs


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two haplotypes that both differ from the reference, and reads of both mapped to both."""
    folder = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(11)
    reference = {name: rng.choice(BASES, length).tobytes() for name, length in LENGTHS.items()}
    genomes = {
        name: {contig: make_haplotype(sequence, rng, 0.25) for contig, sequence in reference.items()}
        for name in "AB"
    }
    (folder / "ref.fa.fai").write_text("".join(f"{name}\t{n}\t0\t60\t61\n" for name, n in LENGTHS.items()))
    write_reads(folder, genomes, rng)
    for order in ("AB", "BA"):
        named = dict(zip("AB", (genomes[name] for name in order), strict=True))
        write_variants(folder / f"{order}.vcf", named)
    for name, contigs in genomes.items():
        write_haplotype(folder, name, contigs)
        command = ["bowtie2-build", "-q", str(folder / f"{name}.fa"), str(folder / name)]
        subprocess.run(command, check=True, capture_output=True)
        align(folder, name, ["-1", "r1.fq", "-2", "r2.fq"], f"pe.{name}.bam")
        align(folder, name, ["-U", "r1.fq"], f"se.{name}.bam")
        local = "--very-sensitive-local --no-mixed --no-discordant -I 10"
        align(folder, name, ["-1", "r1.fq", "-2", "r2.fq"], f"local.{name}.bam", local)
    return folder, reference, genomes


@pytest.fixture(scope="module")
def result(world):
    return assign(world[0], settings=Settings(remove_duplicates=False))


def truth(title, genomes):
    """Haplotype, contig, reference span of the fragment, and number of SNPs and indels inside its reads."""
    _, name, contig, start, end = title.split(":")
    start, end = int(start), int(end)
    origin = genomes[name][contig].origin
    inside = origin[start:end][origin[start:end] >= 0]
    snps = indels = 0
    sites, gaps = differences(genomes, contig)
    for low, high in {(start, min(start + READ, end)), (max(start, end - READ), end)}:
        span = origin[low:high][origin[low:high] >= 0]
        # A read tells a variant apart when it reaches some bases past it on both sides.
        snps += int(((sites >= span[0]) & (sites <= span[-1])).sum())
        indels += int(((gaps[:, 0] >= span[0] + 12) & (gaps[:, 1] + 12 <= span[-1])).sum())
    return name, contig, int(inside[0]), int(inside[-1]) + 1, snps, indels


def differences(genomes, contig, cache={}):  # noqa: B006
    """SNPs (n,) and indels (m, 2) that only one of the haplotypes has, or both unlike."""
    if contig not in cache:
        one, other = genomes["A"][contig], genomes["B"][contig]
        cache[contig] = (
            np.array(sorted(one.snps ^ other.snps)),
            np.array(sorted({*one.indels} ^ {*other.indels})),
        )
    return cache[contig]


def haplotype_of(segment, order="AB"):
    return order[segment.get_tag("HP") - 1] if segment.has_tag("HP") else None


def test_precision_and_recall(world, result):
    _, _, genomes = world
    wrong = called = covering = found = only_indel = only_indel_found = 0
    for segment in result[1]:
        if not segment.is_read1:
            continue
        name, _, _, _, snps, indels = truth(segment.query_name, genomes)
        call = haplotype_of(segment)
        called += call is not None
        wrong += call not in (None, name)
        covering += snps + indels > 0
        found += (snps + indels > 0) and call is not None
        only_indel += snps == 0 and indels > 0
        only_indel_found += snps == 0 and indels > 0 and call is not None
    assert called > 2500 and only_indel > 100
    assert 1 - wrong / called >= 0.999
    assert found / covering >= 0.99
    assert only_indel_found / only_indel >= 0.99


def test_nothing_is_lost_and_the_ratio_is_that_of_the_reads(result):
    stats, records, outputs = result
    assert stats["pairs_in"] == PAIRS and len(records) == 2 * (
        stats["informative_A"] + stats["informative_B"] + stats["ambiguous"]
    )
    # bowtie2 2.5.0 calls far fewer pairs proper on the haplotype they do not come from.
    assert len(records) >= 2 * 0.995 * PAIRS
    assert abs(stats["bias"] - 0.5) < 0.02
    pysam.quickcheck(str(outputs.bam), *map(str, outputs.haplotype_bams))


def test_fragments_lie_where_they_come_from(world, result):
    off = 0
    for segment in result[1]:
        if segment.is_read1:
            start = min(segment.reference_start, segment.next_reference_start)
            span = (segment.reference_name, start, start + abs(segment.template_length))
            off += span != truth(segment.query_name, world[2])[1:4]
    # Only where an alignment gets round an indel near the end of a read.
    assert off <= 0.03 * PAIRS


def test_error_free_bases_are_the_reference_where_there_is_no_variant(world, result):
    _, reference, genomes = world
    compared = 0
    for segment in result[1]:
        name = segment.query_name.split(":")[1]
        call = haplotype_of(segment)
        if call != name:
            continue
        haplotype = genomes[name][segment.reference_name]
        sequence = reference[segment.reference_name]
        start, end = map(int, segment.query_name.split(":")[3:])
        piece = haplotype.sequence[start:end]
        inside = piece[-READ:] if segment.is_reverse else piece[:READ]
        if segment.query_sequence.encode() != inside:
            continue
        # A read without errors: each base and its place are known from the simulation.
        offset = end - len(inside) if segment.is_reverse else start
        for query, place in segment.get_aligned_pairs(matches_only=True):
            assert haplotype.origin[offset + query] == place
            assert place in haplotype.snps or inside[query] == sequence[place]
            compared += 1
    assert compared > 100_000


def test_mates_and_flags_agree(result):
    mates = {}
    for segment in result[1]:
        assert segment.is_proper_pair and not segment.is_unmapped and not segment.mate_is_unmapped
        mates.setdefault(segment.query_name, []).append(segment)
    for left, right in mates.values():  # in the order of the file
        assert {left.is_read1, right.is_read1} == {True, False}
        assert left.mate_is_reverse == right.is_reverse != left.is_reverse == right.mate_is_reverse
        assert left.next_reference_start == right.reference_start
        assert right.next_reference_start == left.reference_start
        assert left.template_length == -right.template_length
        outer_end = max(left.reference_end, right.reference_end)
        assert abs(left.template_length) == outer_end - left.reference_start
        assert (left.template_length > 0) == (left.reference_start < right.reference_start or left.is_read1)
        assert left.get_tags(with_value_type=True) == right.get_tags(with_value_type=True)


@pytest.mark.parametrize("kind", ["pe", "se", "local"])
def test_swapping_the_parents_mirrors_every_number(world, kind):
    settings = PUBLISHED if kind == "local" else None
    stats, records, outputs = assign(world[0], "AB", kind, settings)
    mirrored, again, others = assign(world[0], "BA", kind, settings)
    pairs = [("informative_A", "informative_B"), ("unaligned_on_A", "unaligned_on_B")]
    renamed = dict(pairs + [pair[::-1] for pair in pairs])
    counts = [name for name, value in stats.items() if isinstance(value, int)]
    assert len(counts) > 12
    for name in counts:
        assert stats[name] == mirrored[renamed.get(name, name)], name
    assert [contents(segment, False) for segment in records] == [contents(segment, True) for segment in again]
    files = [*outputs.haplotype_bams, *outputs.split_bams]
    swapped = [*others.haplotype_bams[::-1], *others.split_bams[::-1]]
    for path, other in zip(files, swapped, strict=True):
        with pysam.AlignmentFile(str(path)) as one, pysam.AlignmentFile(str(other)) as two:
            assert [contents(x, False) for x in one] == [contents(x, True) for x in two]


def contents(segment, swapped):
    tags = dict(segment.get_tags())
    if swapped:
        tags["XH"] = 1 - tags["XH"]
        tags |= {"HP": 3 - tags["HP"]} if "HP" in tags else {}
    return (*segment.to_string().split("\t")[:11], tags)


def test_pairs_that_cover_no_variant_are_not_assigned(world, result):
    stats, records, _ = result
    _, _, genomes = world
    without, _, _ = assign(world[0], settings=Settings(remove_duplicates=False), variants=False)
    informative = stats["informative_A"] + stats["informative_B"]
    assert informative + stats["overruled"] == without["informative_A"] + without["informative_B"]
    assert stats["overruled"] < 0.003 * informative
    assert 300 < stats["no_variant"] < stats["ambiguous"] and without["no_variant"] == 0
    covered = uncovered = 0
    for segment in records:
        if segment.is_read1 and not segment.has_tag("HP"):
            _, _, _, _, snps, indels = truth(segment.query_name, genomes)
            covered += snps + indels > 0
            uncovered += snps + indels == 0
    # Indels near the ends of the reads and bad bases at a variant are all that is left.
    assert covered < 0.05 * uncovered


def test_the_published_mode_finds_the_haplotypes_too(world):
    stats, records, _ = assign(world[0], kind="local", settings=PUBLISHED)
    first = [segment for segment in records if segment.is_read1]
    calls = [(haplotype_of(segment), segment.query_name.split(":")[1]) for segment in first]
    called = [(call, name) for call, name in calls if call]
    assert len(called) > 2400
    assert sum(call == name for call, name in called) / len(called) >= 0.995
    posteriors = {(call, segment.get_tag("XH")) for (call, _), segment in zip(calls, first, strict=True)}
    assert posteriors == {("A", 1.0), ("B", 0.0), (None, 0.5)}
    # Written once more from the alignments in plain Python.
    sides = [plain_scores(world[0] / f"local.{name}.bam") for name in "AB"]
    for segment in first:
        of_a, of_b = (side.get(segment.query_name) for side in sides)
        best = max(score for score in (of_a, of_b) if score is not None)
        winners = [name for name, score in (("A", of_a), ("B", of_b)) if score == best]
        assert haplotype_of(segment) == (winners[0] if len(winners) == 1 else None)
    assert len(first) + stats["duplicates"] + stats["unlifted"] == len({*sides[0], *sides[1]})


def plain_scores(path):
    """Summed score of every pair that passes `samtools view -f 3 -F 12 -q 2` with both mates."""
    scores = {}
    with pysam.AlignmentFile(str(path)) as file:
        for segment in file:
            if segment.flag & 3 == 3 and not segment.flag & 12 and segment.mapping_quality >= 2:
                scores.setdefault(segment.query_name, []).append(segment.get_tag("AS"))
    return {name: sum(both) for name, both in scores.items() if len(both) == 2}


def test_halves_of_the_ambiguous_pairs(world):
    _, records, outputs = assign(world[0])
    files = []
    for path in outputs.split_bams:
        with pysam.AlignmentFile(str(path)) as file:
            files.append([segment.query_name for segment in file])
    assert sorted(files[0] + files[1]) == sorted(segment.query_name for segment in records)
    assert not set(files[0]) & set(files[1])
    ambiguous = {segment.query_name for segment in records if not segment.has_tag("HP")}
    share = len(ambiguous & set(files[0])) / len(ambiguous)
    assert abs(share - 0.5) < 2.5 * 0.5 / np.sqrt(len(ambiguous))


def test_single_reads(world):
    stats, records, _ = assign(world[0], kind="se", settings=Settings(remove_duplicates=False))
    assert not stats["paired"] and stats["pairs_in"] == PAIRS
    assert len(records) >= 0.99 * PAIRS
    calls = [(haplotype_of(segment), segment.query_name.split(":")[1]) for segment in records]
    called = [(call, name) for call, name in calls if call]
    assert len(called) > 1500
    assert sum(call == name for call, name in called) / len(called) >= 0.998


def test_duplicates_agree_with_brute_force(world, result):
    fragments: dict[tuple, list[str]] = {}
    for segment in result[1]:
        if segment.is_read1:
            ends = five_prime_ends(segment, result[1])
            fragments.setdefault((haplotype_of(segment), segment.reference_name, *ends), []).append(
                segment.query_name
            )
    stats, records, _ = assign(world[0])
    kept = {segment.query_name for segment in records}
    assert stats["duplicates"] == sum(len(names) - 1 for names in fragments.values()) > 40
    assert all(len(kept & set(names)) == 1 for names in fragments.values())


def five_prime_ends(segment, records, cache={}):  # noqa: B006
    if not cache or cache["of"] is not records:
        cache.clear()
        cache["of"] = records
        for each in records:
            cache.setdefault(each.query_name, []).append(each)
    ends = []
    for each in cache[segment.query_name]:
        cigar = each.cigartuples[-1 if each.is_reverse else 0]
        clip = cigar[1] if cigar[0] == 4 else 0
        ends.append(each.reference_end + clip if each.is_reverse else each.reference_start - clip)
    return sorted(ends)
