"""RNA-seq from FASTQ to assigned pairs on a made genome where the origin of every read is known."""

import shlex
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
import rna_world

from deepallele.genome.haplotype_map import HaplotypeMap

CONFIG = Path(__file__).parent / "rna" / "config.yaml"
PAIRS, READS = 36_000, 6_000
HAPLOTYPES = ("REF", "ALT")


class World:
    """The genome, the pairs of sample `paired` and the reads of sample `single`, and the finished run."""

    def __init__(self, run) -> None:
        rng = np.random.default_rng(5)
        self.contigs = [
            rna_world.make_contig(name, genes, rng) for name, genes in rna_world.GENES_PER_CONTIG.items()
        ]
        self.pairs = rna_world.draw_pairs(self.contigs, PAIRS, rng)
        rna_world.add_junk(self.pairs, 0.02, rng)
        self.reads = rna_world.draw_pairs(self.contigs, READS, rng)
        self.directory = run.directory
        self.results = run.directory / "all results"
        rna_world.write_inputs(self.contigs, self.directory)
        half = len(self.pairs.haplotype) // 2
        sheet = ["sample\tunit\tfastq_1\tfastq_2"]
        for lane, part in (("1", slice(half)), ("2", slice(half, None))):
            names = [f"lane {lane}_R{mate}.fq.gz" for mate in (1, 2)]
            rna_world.write_fastq(self.pairs, [self.directory / name for name in names], part)
            sheet.append("\t".join(["paired", lane, *names]))
        rna_world.write_fastq(self.reads, [self.directory / "single.fq.gz"])
        sheet.append("single\t1\tsingle.fq.gz\t")
        (self.directory / "samples.tsv").write_text("\n".join(sheet) + "\n")

    def map_of(self, haplotype: str) -> HaplotypeMap:
        return HaplotypeMap.from_chain(self.results / "genomes" / "made" / f"{haplotype}.chain")


@pytest.fixture(scope="session")
def world(new_run):
    run = new_run("rna", CONFIG)
    made = World(run)
    run.whole("--notemp", *(f"all results/allele/{name}.bam" for name in ("paired", "single")))
    return made


@pytest.fixture(scope="session")
def assigned(world):
    """For each pair: haplotype said (0, 1; -1 none), mates kept, and whether each mate's bases lie right."""
    number = len(world.pairs.haplotype)
    said, kept = np.full(number, -1), np.zeros(number, dtype=np.int64)
    right = np.zeros((number, 2), dtype=bool)
    with pysam.AlignmentFile(world.results / "allele" / "paired.bam") as bam:
        for read in bam:
            index = int(read.query_name[1:])
            mate = int(read.is_read1 != world.pairs.left_first[index])
            kept[index] += 1
            if read.has_tag("HP"):
                said[index] = read.get_tag("HP") - 1
            place = read.get_reference_positions(full_length=True)
            place = np.array([-1 if base is None else base for base in place])
            truth = world.pairs.reference[index, mate]
            # What looked like an adapter is cut off at the end of the read.
            truth = truth[-len(place) :] if read.is_reverse else truth[: len(place)]
            both = (place >= 0) & (truth >= 0)
            same = read.reference_name == world.contigs[world.pairs.contig[index]].name
            right[index, mate] = same and (place[both] == truth[both]).all()
    return said, kept, right


def names_of(fastq):
    with pysam.FastxFile(str(fastq)) as file:
        return [read.name for read in file]


@pytest.mark.parametrize("haplotype", HAPLOTYPES)
@pytest.mark.parametrize("sample", ["paired", "single"])
def test_each_read_is_listed_once_in_the_order_of_the_fastq_files(world, sample, haplotype):
    mates = 2 if sample == "paired" else 1
    with pysam.AlignmentFile(world.results / "align" / sample / f"{haplotype}.bam") as bam:
        assert bam.header["RG"] == [{"ID": sample, "SM": sample, "PL": "ILLUMINA"}]
        listed = [(read.query_name, read.flag, read.has_tag("MD") and read.has_tag("AS")) for read in bam]
    names = [
        name for lane in sorted(world.results.glob(f"trimmed/{sample}.*_R1.fq.gz")) for name in names_of(lane)
    ]
    assert len(names) > 5000
    assert [name for name, _, _ in listed] == [name for name in names for _ in range(mates)]
    flags = np.array([flag for _, flag, _ in listed]).reshape(-1, mates)
    assert not (flags & 0x900).any()
    assert ((flags & 0x1) > 0).all() == (mates == 2)
    if mates == 2:
        assert (np.bitwise_or.reduce(flags & 0xC0, axis=1) == 0xC0).all()
    aligned = (flags & 0x4) == 0
    assert aligned.mean() > 0.9
    assert [told for _, _, told in listed] == aligned.ravel().tolist()


def test_many_pieces_on_two_threads_give_the_same_records(world, tmp_path):
    """STAR deals pieces of the input to its threads; here there are dozens of them instead of one."""
    with pysam.AlignmentFile(world.results / "align" / "paired" / "ALT.bam") as bam:
        told = next(line for line in bam.header["CO"] if line.startswith("user command line: "))
        expected = [read.to_string() for read in bam]
    command = shlex.split(told.removeprefix("user command line: "))
    for option, value in {
        "--runThreadN": "2",
        "--outFileNamePrefix": f"{tmp_path}/",
        "--outTmpDir": f"{tmp_path}/scratch",
    }.items():
        command[command.index(option) + 1] = value
    command += ["--limitIObufferSize", "400000", "50000000"]
    run = subprocess.run(command, cwd=world.directory, capture_output=True, text=True, check=True)
    records = [line for line in run.stdout.splitlines() if not line.startswith("@")]
    assert records == expected


def test_pairs_over_junctions_are_assigned_to_their_haplotype(world, assigned):
    said, _, _ = assigned
    truth = world.pairs.haplotype
    chosen = (truth >= 0) & world.pairs.crosses & world.pairs.covers
    assert chosen.sum() > 10_000
    told = chosen & (said >= 0)
    assert told.sum() / chosen.sum() >= 0.98
    assert (said[told] == truth[told]).mean() >= 0.999


def test_neither_haplotype_is_favoured(world, assigned):
    said, _, _ = assigned
    truth = world.pairs.haplotype
    for chosen in (world.pairs.covers, world.pairs.covers & world.pairs.crosses):
        told = (truth >= 0) & chosen
        share, seen = (truth[told] == 0).mean(), said[told & (said >= 0)] == 0
        # A read is lost by chance only; the spread of what is lost is far below that of all.
        assert abs(seen.mean() - share) < 0.25 / np.sqrt(len(seen)) * 2
    # A long deletion of B could pass for an intron of A.
    for haplotype in (0, 1):
        told = (truth == haplotype) & world.pairs.only_long
        assert told.sum() > 100
        assert (said[told] == haplotype).mean() > 0.9


def test_spliced_reads_lie_where_they_come_from(world, assigned):
    _, kept, right = assigned
    real = world.pairs.haplotype >= 0
    assert (kept[real] == 2).mean() > 0.99
    spliced = (np.diff(world.pairs.reference, axis=2) > 60).any(axis=2) & (real & (kept == 2))[:, None]
    assert spliced.sum() > 10_000
    assert right[spliced].mean() > 0.99
    assert right[real & (kept == 2)].mean() > 0.995


def test_both_haplotypes_know_the_same_new_junctions(world):
    table = pd.read_csv(world.results / "junctions" / "new.tsv", sep="\t")
    found = {(row.contig, row.start, row.end): row.strand for row in table.itertuples()}
    told, new = set(), {}
    for contig in world.contigs:
        known, others = contig.junctions()
        told |= {(contig.name, *place) for place in known}
        for gene, minus in zip(contig.exons, contig.reverse, strict=True):
            for place in others:
                if gene[0][0] <= place[0] < gene[-1][1]:
                    new[(contig.name, *place)] = "-" if minus else "+"
    assert not told & set(found)
    shared = set(new) & set(found)
    assert len(shared) >= 0.95 * len(new)
    assert len(shared) >= 0.9 * len(found)
    assert [found[place] for place in shared] == [new[place] for place in shared]
    for haplotype in HAPLOTYPES:
        lists = pd.read_csv(
            world.results / "junctions" / f"{haplotype}.tab",
            sep="\t",
            names=["contig", "first", "last", "strand"],
        )
        lifted = set()
        for contig, rows in lists.groupby("contig"):
            left, _ = world.map_of(haplotype).to_reference(contig, rows["first"].to_numpy() - 2)
            right, _ = world.map_of(haplotype).to_reference(contig, rows["last"].to_numpy())
            lifted |= {(contig, int(start) + 1, int(end)) for start, end in zip(left, right, strict=True)}
        assert lifted == set(found)
