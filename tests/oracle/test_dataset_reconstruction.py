"""Windows of both strands and both paddings, and what their variants say, against bcftools consensus.

Each haplotype has its own variants, which may overlap those of the other one, or have another allele at
the same place. Where a base of a haplotype comes from is known from applying its variants one by one.
"""

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.dataset.variants import window_variants
from deepallele.dataset.windows import cut_windows
from deepallele.genome.fasta import decode
from deepallele.genome.haplotype_map import HaplotypeMap

SIZE, LENGTH = 30_000, 90
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def draw(rng, reference):
    """Variants of one haplotype: disjoint, but an indel may be anchored on a changed base."""
    found, position = {}, int(rng.integers(150, 170))
    while position < SIZE - 250:
        kind = rng.choice(["snv", "mnv", "insertion", "deletion", "both"])
        size = int(rng.choice([1, 2, 5, 30]))
        bases = "".join(rng.choice(list("ACGT"), size))
        here = reference[position : position + size + 1]
        other = "ACGT"[("ACGT".index(here[0]) + int(rng.integers(1, 4))) % 4]
        changed = {
            "snv": [(here[0], other)],
            "mnv": [(here, here.translate(str.maketrans("ACGT", "GTAC")))],
            "insertion": [(here[0], here[0] + bases)],
            "deletion": [(here, here[0])],
            "both": [(here[0], other), (here, here[0])],
        }[kind]
        for ref, alt in changed:
            found[position, ref, alt] = None
        position += max(len(ref) for ref, _ in changed) + int(rng.integers(0, 25))
    return list(found)


def origins(reference, variants):
    """Bases of a haplotype and the reference base each comes from, None for inserted ones."""
    bases = [[base] for base in reference]
    for position, ref, alt in variants:
        if len(ref) == len(alt):
            for i, base in enumerate(alt):
                bases[position + i][0] = base
        else:
            bases[position] += alt[1:]
            for i in range(position + 1, position + len(ref)):
                bases[i] = []
    text = "".join(base for group in bases for base in group)
    start = np.cumsum([0, *map(len, bases)])
    there = np.array([bool(group) for group in bases])
    return text, start, there


class World:
    """A random genome, its two haplotypes, and regions on both strands."""

    def __init__(self, folder: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.folder = folder
        self.reference = "".join(rng.choice(list("ACGT"), SIZE))
        own = [draw(rng, self.reference) for _ in range(2)]
        both = rng.random(len(own[0])) < 0.3
        last = {v: [1, 0] for v in own[0]}
        for variant in own[1]:
            last.setdefault(variant, [0, 0])[1] = 1
        # What both carry must not overlap what B has: of A's variants some are B's in a stretch of their own.
        for variant, shared in zip(own[0], both, strict=True):
            if shared and not any(self.overlap(variant, other) for other in own[1]):
                last[variant][1] = 1
        self.records = sorted(last.items(), key=lambda item: (item[0][0], len(item[0][1]) != len(item[0][2])))
        self.haplotypes = [
            origins(self.reference, [v for v, carried in self.records if carried[side]]) for side in (0, 1)
        ]
        self.write()
        self.maps = [HaplotypeMap.from_chain(folder / f"{name}.chain") for name in "AB"]
        start = np.arange(200, SIZE - 300, 37)
        width = rng.integers(20, 70, len(start))
        strand = rng.choice(["+", "-", "."], len(start))
        self.regions = pd.DataFrame(
            {"chrom": "HLA-A*01", "start": start, "end": start + width, "strand": strand}
        )

    @staticmethod
    def overlap(one, two):
        return one[0] <= two[0] + len(two[1]) and two[0] <= one[0] + len(one[1])

    def write(self) -> None:
        (self.folder / "ref.fa").write_text(f">HLA-A*01\n{self.reference}\n")
        header = f"##fileformat=VCFv4.2\n##contig=<ID=HLA-A*01,length={SIZE}>\n"
        header += '##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
        header += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX\n"
        lines = [
            f"HLA-A*01\t{position + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{a}|{b}\n"
            for (position, ref, alt), (a, b) in self.records
        ]
        (self.folder / "v.vcf").write_text(header + "".join(lines))
        commands = ["bcftools view -Ob -o v.bcf v.vcf", "bcftools index v.bcf", "samtools faidx ref.fa"]
        for side, name in ((1, "A"), (2, "B")):
            # Each haplotype by itself: what the other one has must not make bcftools skip anything.
            carried = f"awk -F'[\\t|]' '/^#/ || $(NF-2+{side})==1'"
            commands.append(f"{carried} v.vcf > {name}.vcf")
            commands.append(f"bcftools view -Oz -o {name}.vcf.gz {name}.vcf && bcftools index {name}.vcf.gz")
            commands.append(
                f"bcftools consensus -f ref.fa -s X -H {side} -c {name}.chain {name}.vcf.gz > {name}.fa"
            )
            commands.append(f"samtools faidx {name}.fa")
        for command in commands:
            subprocess.run(command, shell=True, check=True, cwd=self.folder, capture_output=True)

    def lifted(self, side: int, position: int) -> int:
        """Place of a reference base, or of the next one that is there."""
        _, start, there = self.haplotypes[side]
        while not there[position]:
            position += 1
        return int(start[position])

    def made(self, pad: str):
        genomes = [self.folder / f"{name}.fa" for name in "AB"]
        windows = cut_windows(self.regions, genomes, self.maps, LENGTH, pad)
        variant = window_variants(
            self.regions, windows.start, LENGTH, self.folder / "v.bcf", self.maps, windows.own
        )
        return windows, variant


@pytest.fixture(scope="module", params=[1, 2])
def world(request, tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"), request.param)


def test_the_genomes_are_as_described(world):
    for side, name in enumerate("AB"):
        with pysam.FastaFile(str(world.folder / f"{name}.fa")) as fasta:
            assert fasta.fetch("HLA-A*01") == world.haplotypes[side][0]


@pytest.mark.parametrize("pad", ["real", "zeros"])
def test_windows_are_cut_from_the_genomes(world, pad):
    windows, _ = world.made(pad)
    lost = 0
    for row, region in enumerate(world.regions.itertuples()):
        spans = []
        for side in (0, 1):
            text, start, there = world.haplotypes[side]
            kept = np.flatnonzero(there[region.start : region.end]) + region.start
            if not len(kept):
                spans.append(None)
                continue
            if pad == "zeros":
                begin, end = int(start[kept[0]]), int(start[kept[-1]]) + 1
                spans.append(text[begin:end])
                if region.strand == "-":
                    spans[-1] = spans[-1].translate(COMPLEMENT)[::-1]
                spans[-1] = spans[-1].ljust(LENGTH, "N")[:LENGTH]
                continue
            middle = (region.start + region.end) // 2
            if region.strand == "-":
                centre = world.lifted(side, region.start + region.end - 1 - middle)
                bases = text[centre - (LENGTH // 2 - 1) : centre + LENGTH // 2 + 1]
                spans.append(bases.translate(COMPLEMENT)[::-1])
            else:
                centre = world.lifted(side, middle)
                spans.append(text[centre - LENGTH // 2 : centre + LENGTH // 2])
        if None in spans:
            assert windows.reason[row] == "deleted"
            lost += 1
            continue
        assert windows.reason[row] == ""
        assert [decode(codes) for codes in windows.sequence[row]] == spans
    assert 0 < lost < 40


@pytest.mark.parametrize("pad", ["real", "zeros"])
def test_variants_turn_either_window_into_the_other(world, pad):
    """Only bases beyond the border of the other window are not told."""
    windows, variant = world.made(pad)
    assert variant["clipped"].any() and variant["alt"].str.contains(",").sum() > 100
    known = unknown = 0
    for row in np.flatnonzero(windows.reason == ""):
        rows = variant[variant["region"] == row].sort_values("offset_a")
        pair = [decode(codes) for codes in windows.sequence[row]]
        for own, other in ((0, 1), (1, 0)):
            told = turned(pair[other], rows, "ab"[other], "ab"[own])
            held = windows.own[row, own, 1] - windows.own[row, own, 0]
            assert all(base in (None, "N", seen) for base, seen in zip(told[:held], pair[own], strict=False))
            known += sum(base not in (None, "N") for base in told[:held])
            unknown += sum(base in (None, "N") for base in told[:held])
            if (rows["allele_a"].str.len() == rows["allele_b"].str.len()).all() and not rows["clipped"].any():
                assert "".join(told[:held]) == pair[own][:held]
    assert known > 5 * unknown > 0


def turned(window, rows, own, other):
    """Bases of the other window that the window and the variants tell; None beyond the window's border."""
    told, rows = [None] * LENGTH, list(rows.to_dict("records"))

    def copy(first, last, shift):
        for place in range(max(first, 0), min(last, LENGTH)):
            if 0 <= place + shift < LENGTH:
                told[place] = window[place + shift]

    if not rows:
        return list(window)
    end = None
    for row in rows:
        begin, allele = row[f"offset_{other}"], row[f"allele_{other}"]
        shift = row[f"offset_{own}"] - begin
        assert end is None or shift == end[1]  # both windows run in parallel between two variants
        copy(end[0] if end else 0, begin, shift)
        for place, base in enumerate(allele, start=begin):
            if 0 <= place < LENGTH:
                told[place] = base
        end = begin + len(allele), shift + len(row[f"allele_{own}"]) - len(allele)
    copy(end[0], LENGTH, end[1])
    return told


def test_alleles_stand_in_the_genomes(world):
    """Also where they lie outside the window."""
    windows, variant = world.made("real")
    for row in variant.itertuples():
        minus = world.regions["strand"][row.region] == "-"
        for side, name in enumerate("ab"):
            offset, allele = getattr(row, f"offset_{name}"), getattr(row, f"allele_{name}")
            start = int(windows.start[row.region, side])
            if minus:
                begin = start + LENGTH - offset - len(allele)
                allele = allele.translate(COMPLEMENT)[::-1]
            else:
                begin = start + offset
            assert world.haplotypes[side][0][begin : begin + len(allele)] == allele
            assert begin == world.lifted(side, row.pos)
        assert world.reference[row.pos : row.pos + len(row.ref)] == row.ref
