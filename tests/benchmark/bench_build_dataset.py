"""Building a dataset against cutting its windows with samtools; loading it against a plain array."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
from run import ROOT, Comparison

from deepallele.dataset.store import read_dataset
from deepallele.genome.fasta import encode
from deepallele.genome.haplotype_map import HaplotypeMap

CONTIGS, CONTIG, VARIANTS, REGIONS, LENGTH = 5, 20_000_000, 600_000, 100_000, 500
BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
FOLDS = ["--folds", "5", "--split", "chromosome", "--validation-fraction", "0.1", "--pseudocount", "1"]


def benchmark(folder: Path) -> dict[str, Comparison]:
    """A 100-Mb genome, 600,000 variants of one haplotype, 100,000 regions of 500 bases, two samples."""
    rng = np.random.default_rng(1)
    make_genomes(folder, rng)
    make_regions(folder, rng)
    out = folder / "dataset.h5"
    ours = [sys.executable, ROOT / "src" / "build_dataset.py", "--regions", folder / "regions.bed"]
    ours += ["--counts", folder / "counts.tsv", "--variants", folder / "v.bcf"]
    ours += ["--reference", folder / "A.fa", "--genomes", folder / "A.fa", folder / "B.fa"]
    ours += ["--chains", folder / "A.chain", folder / "B.chain", "--cross", "X", "--haplotypes", "A", "B"]
    ours += ["--length", LENGTH, *FOLDS, "--out", out, "--dropped", folder / "dropped.tsv"]
    ours += ["--shared", folder / "shared.tsv", "--summary", folder / "summary.json"]
    cut = [
        f"samtools faidx -r {folder / name}.txt -o {folder / name}.windows {folder / name}.fa"
        for name in "AB"
    ]
    loading = [sys.executable, Path(__file__).with_name("load_pairs.py")]
    work = (
        f"{REGIONS:,} regions (items) of {LENGTH} bp, {CONTIGS * CONTIG / 1e6:.0f} Mb, {VARIANTS:,} variants"
    )
    return {
        "build": Comparison(
            list(map(str, ours)), ["bash", "-ec", "; ".join(cut)], f"{work}; reference: sequences only", 1,
            lambda: check_windows(folder), REGIONS,
        ),
        "load": Comparison(
            list(map(str, [*loading, out])), list(map(str, [*loading, folder / "codes.npy"])),
            f"{REGIONS:,} pairs (items) of {LENGTH} bp read and dealt into shuffled batches of 32", 1,
            lambda: print_rates([*loading, out], [*loading, folder / "codes.npy"]), REGIONS,
        ),
    }  # fmt: skip


def make_genomes(folder: Path, rng: np.random.Generator) -> None:
    """Write the reference, which is A, and B: four fifths substitutions, the rest indels."""
    header = ["##fileformat=VCFv4.2", *(f"##contig=<ID=chr{c + 1},length={CONTIG}>" for c in range(CONTIGS))]
    header.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="g">')
    header.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX")
    with (folder / "A.fa").open("wb") as fasta, (folder / "v.vcf").open("w") as vcf:
        vcf.write("\n".join(header) + "\n")
        for contig in range(CONTIGS):
            text = BASES[rng.integers(0, 4, CONTIG)].tobytes()
            fasta.write(b">chr%d\n" % (contig + 1))
            fasta.writelines(text[i : i + 60] + b"\n" for i in range(0, CONTIG, 60))
            vcf.writelines(draw_variants(f"chr{contig + 1}", text.decode(), rng))
    chains = [
        f"chain {CONTIG} chr{c} {CONTIG} + 0 {CONTIG} chr{c} {CONTIG} + 0 {CONTIG} {c}\n{CONTIG}\n\n"
        for c in range(1, CONTIGS + 1)
    ]
    (folder / "A.chain").write_text("".join(chains))
    for command in (
        "bcftools view -Ob -o v.bcf v.vcf && bcftools index v.bcf && samtools faidx A.fa",
        "bcftools consensus -f A.fa -s X -H 2 -c B.chain -o B.fa v.bcf && samtools faidx B.fa",
    ):
        subprocess.run(command, shell=True, check=True, cwd=folder, capture_output=True)


def draw_variants(contig: str, text: str, rng: np.random.Generator) -> list[str]:
    """Lines of variants at random places that do not overlap."""
    number = VARIANTS // CONTIGS
    step = CONTIG // number
    places = np.arange(number) * step + rng.integers(10, step - 20, number)
    kinds = rng.choice(["snv", "insertion", "deletion"], number, p=[0.8, 0.1, 0.1])
    sizes, shifts = rng.geometric(0.4, number).clip(1, 9), rng.integers(1, 4, number)
    lines = []
    for place, kind, size, shift in zip(places.tolist(), kinds, sizes.tolist(), shifts.tolist(), strict=True):
        ref = text[place : place + size + 1] if kind == "deletion" else text[place]
        other = "ACGT"[("ACGT".index(ref[0]) + shift) % 4]
        alt = {"snv": other, "insertion": ref + other * size, "deletion": ref[0]}[kind]
        lines.append(f"{contig}\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t0|1\n")
    return lines


def make_regions(folder: Path, rng: np.random.Generator) -> None:
    """Write regions at even distances, the counts of two samples, and the windows for samtools."""
    start = np.arange(REGIONS // CONTIGS) * (CONTIGS * CONTIG // REGIONS) + 400
    rows = [(f"chr{c + 1}", first, first + 251) for c in range(CONTIGS) for first in start.tolist()]
    names = [f"{contig}:{first}-{last}" for contig, first, last in rows]
    lines = [
        f"{contig}\t{first}\t{last}\t{name}\t1\t.\t{first + 125}\n"
        for (contig, first, last), name in zip(rows, names, strict=True)
    ]
    (folder / "regions.bed").write_text("".join(lines))
    counts = rng.poisson(20, (2, len(rows), 3)).tolist()
    with (folder / "counts.tsv").open("w") as file:
        file.write("region\tchrom\tstart\tend\tsample\tcount_a\tcount_b\tcount_ambiguous\n")
        for sample, values in zip(("s1", "s2"), counts, strict=True):
            file.writelines(
                f"{name}\t{c}\t{first}\t{last}\t{sample}\t{a}\t{b}\t{both}\n"
                for name, (c, first, last), (a, b, both) in zip(names, rows, values, strict=True)
            )
    for name in "AB":
        lift = HaplotypeMap.from_chain(folder / f"{name}.chain").to_haplotype
        with (folder / f"{name}.txt").open("w") as file:
            for c in range(1, CONTIGS + 1):
                begin = lift(f"chr{c}", start + 125)[0] - LENGTH // 2
                file.writelines(f"chr{c}:{place + 1}-{place + LENGTH}\n" for place in begin.tolist())


def check_windows(folder: Path) -> None:
    """See that both have the same sequences, that the file is small, and keep the bases for the loading."""
    dataset = read_dataset(folder / "dataset.h5")
    assert len(dataset.region) == REGIONS, "regions were dropped"
    for side, name in enumerate("AB"):
        lines = (folder / f"{name}.windows").read_text().splitlines()
        bases = "".join(line for line in lines if line[0] != ">")
        assert (encode(bases) == dataset.sequence[:, side].ravel()).all(), "windows differ"
    size = (folder / "dataset.h5").stat().st_size
    with h5py.File(folder / "dataset.h5") as file:
        counts = file["count"].id.get_storage_size()
    ratio = (size - counts) / dataset.sequence.size
    print(
        f"file without counts: {ratio:.3f} of the bases of both windows; variants: {len(dataset.variant):,}"
    )
    np.save(folder / "codes.npy", dataset.sequence)


def print_rates(*commands: list[object]) -> None:
    """Print what each side says of its rate; the whole process, as measured, starts Python and torch too."""
    for command in commands:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
        print(f"{Path(str(command[-1])).name}: {done.stdout.strip()}")
