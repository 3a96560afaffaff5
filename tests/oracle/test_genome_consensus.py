"""Haplotypes and coordinate maps against variants applied base by base, and against plain bcftools."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from deepallele.genome.alleles import Haplotype
from deepallele.genome.consensus import make_haplotype
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.genome.reference import prepare_reference
from deepallele.genome.variants import select_variants

NAMES = ("ONE", "TWO")
CONTIGS = {"chr1": 12_000, "chr2": 9_001, "plain": 500, "HLA-A*01:01": 120, "tiny": 4}


def apply_by_hand(sequence, variants):
    """Apply (pos0, ref, alt) to a sequence, and trace each base of the result to its reference base (or -1).

    Only the bases that a variant replaces are touched, so the anchor of an indel keeps what a SNP made of it.
    """
    edits = []
    for position, ref, alt in variants:
        assert sequence[position : position + len(ref)] == ref
        anchor = int(len(ref) != len(alt) and ref[0] == alt[0])
        edits.append((position + anchor, position + len(ref), alt[anchor:]))
    bases, origin, done = [], [], 0
    for start, end, alt in sorted(edits):
        assert start >= done, "two variants touch one base"
        bases.append(sequence[done:start] + alt)
        origin += range(done, start)
        # Equal lengths keep the coordinates although the bases change.
        origin += range(start, end) if len(alt) == end - start else [-1] * len(alt)
        done = end
    return "".join(bases) + sequence[done:], np.array([*origin, *range(done, len(sequence))], dtype=np.int64)


def read_fasta(path):
    with pysam.FastaFile(str(path)) as fasta:
        return {name: fasta.fetch(name) for name in fasta.references}


def applied_to(variants, side):
    """Variants (pos0, ref, alt) of one haplotype per contig."""
    chosen = {}
    with pysam.VariantFile(str(variants)) as file:
        for record in file:
            if record.samples[0]["GT"][side]:
                chosen.setdefault(record.contig, []).append((record.start, *record.alleles))
    return chosen


def random_records(genome, generator, spacing):
    """Dense SNPs, MNVs, indels and complex changes with random phased genotypes, overlaps included."""
    records = []
    for contig, sequence in genome.items():
        length = len(sequence)
        starts = generator.integers(0, length, max(2, length // spacing)).tolist()
        for start in sorted([0, length - 1, *starts]):
            ref = sequence[start : start + int(generator.choice([1, 1, 1, 2, 4, 9]))]
            alts = []
            while len(alts) < generator.integers(1, 3):
                tail = "".join(generator.choice(list("ACGT"), generator.choice([0, 0, 1, 2, 7])))
                alt = (ref[0] if generator.random() < 0.7 else "ACGT"[generator.integers(4)]) + tail
                if alt != ref and alt not in alts:
                    alts.append(alt)
            genotype = "|".join(map(str, generator.integers(0, len(alts) + 1, 2)))
            records.append((contig, start + 1, ref, ",".join(alts), genotype))
    return records


@pytest.fixture
def cross(tmp_path):
    """Run all genome steps; gives the reference and per haplotype its variants, bases, map and FASTA path."""

    def run(fasta, vcf, sample="S"):
        reference = tmp_path / "reference.fa"
        prepare_reference(fasta, reference)
        sides = [Haplotype(name, sample, side) for side, name in enumerate(NAMES)]
        out, skipped, summary = (tmp_path / name for name in ("v.bcf", "skipped.tsv", "summary.json"))
        report = select_variants([vcf], reference, sides, "F1", out, skipped, summary)
        made = []
        for side, name in enumerate(NAMES):
            path, chain = tmp_path / f"{name}.fa", tmp_path / f"{name}.chain"
            applied = make_haplotype(reference, out, summary, name, path, chain)
            assert applied == report["applied"][name]["total"]
            made.append((applied_to(out, side), read_fasta(path), HaplotypeMap.from_chain(chain), path))
        return read_fasta(reference), made, report

    return run


def check_map(lifted, contig, sequence, haplotype, origin, positions):
    """Compare the map with the traced origin of each base at some positions, in both directions."""
    assert lifted.reference_length(contig) == len(sequence)
    assert lifted.haplotype_length(contig) == len(haplotype)
    partner = np.full(len(sequence), -1)
    kept = origin >= 0
    partner[origin[kept]] = np.flatnonzero(kept)
    for table, end, lift in (
        (partner, len(haplotype), lifted.to_haplotype),
        (origin, len(sequence), lifted.to_reference),
    ):
        chosen = positions[positions < len(table)]
        found, exact = lift(contig, chosen)
        # The next base with a partner, from the right.
        following = np.minimum.accumulate(np.where(table < 0, end, table)[::-1])[::-1]
        assert np.array_equal(exact, table[chosen] >= 0)
        assert np.array_equal(found, following[chosen])
        assert lift(contig, np.array([len(table)]))[0] == end
    exact_positions = np.flatnonzero(partner >= 0)
    there = lifted.to_haplotype(contig, exact_positions)[0]
    assert np.array_equal(lifted.to_reference(contig, there)[0], exact_positions)


@pytest.mark.parametrize("seed", range(4))
def test_random_genomes_base_by_base(cross, write_fasta, write_vcf, random_sequence, seed):
    generator = np.random.default_rng(seed)
    # Few letters make repeats, in which alleles can be trimmed in more than one way; case is mixed.
    genome = {
        name: random_sequence(n, generator, "ACGT" if seed % 2 else "AC") for name, n in CONTIGS.items()
    }
    with_variants = {name: sequence for name, sequence in genome.items() if name != "plain"}
    vcf = write_vcf(random_records(with_variants, generator, spacing=6), list(genome))
    mixed = {name: s[: len(s) // 3].lower() + s[len(s) // 3 :] for name, s in genome.items()}
    reference, made, report = cross(write_fasta(mixed), vcf)
    assert reference == genome
    for chosen, haplotype, lifted, _ in made:
        assert list(haplotype) == lifted.contigs == list(genome)
        assert set(chosen) <= {"chr1", "chr2", "tiny"}
        for contig, sequence in genome.items():
            expected, origin = apply_by_hand(sequence, chosen.get(contig, []))
            assert haplotype[contig] == expected
            positions = np.append(generator.integers(0, len(sequence), 10_000), [0, len(sequence) - 1])
            check_map(lifted, contig, sequence, expected, origin, positions)
    reasons = report["skipped"]["ONE"]
    assert reasons["overlap"] > 50 and reasons["contig_name_with_colon"] > 3
    assert (
        min(report["applied"]["TWO"][kind] for kind in ("snp", "mnv", "insertion", "deletion", "complex")) > 3
    )


@pytest.mark.parametrize("side", [0, 1])
def test_same_choice_as_plain_bcftools(cross, write_fasta, write_vcf, random_sequence, tmp_path, side):
    """Where no allele can be trimmed and no two records share a position, the rule is that of bcftools."""
    generator = np.random.default_rng(7)
    genome = {name: random_sequence(n, generator) for name, n in (("chr1", 20_000), ("chr2", 9_000))}
    records, taken = [], set()
    for contig, position, ref, alts, genotype in random_records(genome, generator, spacing=5):
        alt = alts.split(",")[0]
        short = len(ref) == 1 or len(alt) == 1 or (ref[0] != alt[0] and ref[-1] != alt[-1])
        anchored = ref[0] == alt[0] or len(ref) == len(alt) or ref[-1] != alt[-1]
        if short and anchored and (contig, position) not in taken:
            taken.add((contig, position))
            records.append((contig, position, ref, alt, genotype.replace("2", "1")))
    vcf = write_vcf(records, list(genome))
    _, made, report = cross(write_fasta(genome), vcf)
    compressed = tmp_path / "plain.vcf.gz"
    pysam.tabix_compress(str(vcf), str(compressed))
    pysam.tabix_index(str(compressed), preset="vcf")
    plain = tmp_path / "plain.fa"
    command = ["bcftools", "consensus", "-H", str(side + 1), "-s", "S", "-f", str(tmp_path / "reference.fa")]
    run = subprocess.run(
        [*command, "-o", str(plain), str(compressed)], capture_output=True, text=True, check=True
    )
    assert read_fasta(plain) == made[side][1]
    skipped = report["skipped"][NAMES[side]]
    assert run.stderr.count("overlaps with another variant") == skipped["overlap"] == skipped["total"] > 100
    assert f"Applied {report['applied'][NAMES[side]]['total']} variants" in run.stderr


def test_another_bcftools_release_makes_the_same_genome(
    cross, write_fasta, write_vcf, random_sequence, tmp_path
):
    """The release inside pysam is not the one on the PATH; both must apply everything and agree."""
    generator = np.random.default_rng(11)
    genome = {name: random_sequence(n, generator, "ACG") for name, n in CONTIGS.items()}
    vcf = write_vcf(random_records(genome, generator, spacing=5), list(genome))
    _, made, _ = cross(write_fasta(genome), vcf)
    for side, (_, haplotype, lifted, _) in enumerate(made):
        fasta, chain = tmp_path / "other.fa", tmp_path / "other.chain"
        options = ["-H", str(side + 1), "-s", "F1", "-f", str(tmp_path / "reference.fa"), "-c", str(chain)]
        pysam.bcftools.consensus(*options, "-o", str(fasta), str(tmp_path / "v.bcf"), catch_stdout=False)
        Path(f"{fasta}.fai").unlink(missing_ok=True)
        assert read_fasta(fasta) == haplotype
        other = HaplotypeMap.from_chain(chain)
        assert [other.blocks(c).tolist() for c in ("chr1", "chr2", "plain", "tiny")] == [
            lifted.blocks(c).tolist() for c in ("chr1", "chr2", "plain", "tiny")
        ]


@pytest.fixture
def chosen_by(tmp_path):
    """Select variants; gives rows (contig, pos1, ref, alt, a, b), skipped lines and the summary."""

    def run(vcfs, reference, haplotypes):
        out, skipped, summary = (tmp_path / name for name in ("c.bcf", "c.tsv", "c.json"))
        report = select_variants(vcfs, reference, haplotypes, "F1", out, skipped, summary)
        with pysam.VariantFile(str(out)) as file:
            rows = [(row.contig, row.pos, *row.alleles, *row.samples[0]["GT"]) for row in file]
        return rows, sorted(skipped.read_text().splitlines()), report

    return run


@pytest.mark.parametrize("phase", [None, 1])
def test_swapping_the_haplotypes_mirrors_every_record_and_count(
    chosen_by, write_fasta, write_vcf, random_sequence, tmp_path, phase
):
    generator = np.random.default_rng(5)
    genome = {name: random_sequence(n, generator, "ACG") for name, n in CONTIGS.items()}
    records = []
    for contig, position, ref, alts, _ in random_records(genome, generator, spacing=5):
        numbers = generator.integers(0, alts.count(",") + 2, (2, 2))
        # Mostly homozygous, else phased, unphased or missing.
        kinds = generator.choice(4, 2, p=[0.7, 0.1, 0.1, 0.1])
        calls = [
            (f"{a}/{a}", f"{a}|{b}", f"{a}/{b}", "./.")[kind]
            for kind, (a, b) in zip(kinds, numbers.tolist(), strict=True)
        ]
        records.append((contig, position, ref, alts, *calls))
    vcf = write_vcf(records, list(genome), ("S1", "S2"))
    reference = tmp_path / "reference.fa"
    prepare_reference(write_fasta(genome), reference)
    haplotypes = (Haplotype("ONE", "S1", phase), Haplotype("TWO", "S2", phase))
    rows, skipped, report = chosen_by([vcf], reference, haplotypes)
    mirrored_rows, mirrored_skipped, mirrored = chosen_by([vcf], reference, haplotypes[::-1])
    assert [(*row[:4], row[5], row[4]) for row in mirrored_rows] == rows
    assert mirrored_skipped == skipped
    assert {**mirrored, "haplotypes": ["ONE", "TWO"]} == report
    reasons = report["skipped"]["TWO"]
    assert min(reasons[name] for name in ("overlap", "missing_genotype", "other_haplotype_unknown")) > 50
    assert len(rows) > 500 and {row[4:] for row in rows} == {(0, 1), (1, 0), (1, 1)}


def test_files_split_by_class_give_what_the_joined_file_gives(
    chosen_by, write_fasta, write_vcf, random_sequence, tmp_path
):
    generator = np.random.default_rng(3)
    genome = {name: random_sequence(n, generator) for name, n in CONTIGS.items()}
    parts = {True: [], False: []}
    for record in random_records(genome, generator, spacing=5):
        parts[{len(allele) for allele in (record[2], *record[3].split(","))} == {1}].append(record)
    snps, others = parts[True], parts[False]
    order = {contig: number for number, contig in enumerate(genome)}
    # At one position the joined file lists SNPs first, as the first file of two does.
    joined = sorted(snps + others, key=lambda record: (order[record[0]], record[1]))
    turned = sorted(others, key=lambda record: -order[record[0]])
    reference = tmp_path / "reference.fa"
    prepare_reference(write_fasta(genome), reference)
    names = list(genome)
    joined_vcf = write_vcf(joined, names, name="joined.vcf")
    split = [write_vcf(snps, names, name="snps.vcf"), write_vcf(turned, names[::-1], name="others.vcf")]
    sides = [Haplotype(name, "S", side) for side, name in enumerate(NAMES)]
    rows, skipped, report = chosen_by([joined_vcf], reference, sides)
    assert len(snps) > 100 and len(others) > 300 and len(rows) > 300
    split_rows, split_skipped, split_report = chosen_by(split, reference, sides)
    assert split_rows == rows and split_skipped == skipped
    assert {**split_report, "files": None} == {**report, "files": None}


def test_yeast_genomes_are_the_variants_applied_by_hand(shared_data, cross):
    folder = shared_data / "yeast_f1"
    reference, made, report = cross(folder / "sacCer3.fa.gz", folder / "BYxRM_F1.phased.vcf.gz", "BYxRM")
    assert made[0][1] == reference and report["applied"]["ONE"] == {"total": 0}
    # Every record of the file is applied once its alleles are trimmed; untrimmed, 40 of them overlap.
    assert report["applied"]["TWO"]["total"] == report["records"] == 45_421
    chosen, haplotype, lifted, _ = made[1]
    generator = np.random.default_rng(1)
    for contig, sequence in reference.items():
        expected, origin = apply_by_hand(sequence, chosen.get(contig, []))
        assert haplotype[contig] == expected
        positions = generator.integers(0, len(sequence), 10_000)
        check_map(lifted, contig, sequence, expected, origin, positions)


def test_na12878_haplotypes_carry_their_phased_alleles(shared_data, cross):
    folder = shared_data / "na12878_chr22"
    vcf = folder / "NA12878.phased.local.vcf.gz"
    reference, made, report = cross(folder / "genome.fasta", vcf, "NA12878")
    assert report["between_haplotypes"] == {"snp": 35, "total": 35}
    assert report["shared_by_haplotypes"]["total"] == 37
    text = subprocess.run(
        ["bcftools", "view", "-H", str(vcf)], capture_output=True, text=True, check=True
    ).stdout
    sites = [line.split("\t") for line in text.splitlines()]
    for side in range(2):
        expected = list(reference["chr22"])
        for _, position, _, ref, alt, *_, genotype in sites:
            expected[int(position) - 1] = (ref, alt)[int(re.split(r"\|", genotype)[side])]
        assert made[side][1] == {"chr22": "".join(expected)}
