"""RNA-seq from FASTQ to the report on a made genome where every read's origin is known."""

import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
import rna_world

from deepallele.dataset.store import read_dataset
from deepallele.genome.fasta import decode
from deepallele.genome.haplotype_map import HaplotypeMap

CONFIG = Path(__file__).parent / "rna" / "config.yaml"
PAIRS, READS = 36_000, 6_000
HAPLOTYPES = ("REF", "ALT")
TARGETS = ("allele/paired.bam", "allele/single.bam", "counts/imbalance.tsv", "report/index.html")


class World:
    """The genome, the pairs of sample `paired` and the reads of sample `single`, and the finished run."""

    def __init__(self, run) -> None:
        rng = np.random.default_rng(5)
        self.contigs = [
            rna_world.make_contig(name, genes, rng) for name, genes in rna_world.GENES_PER_CONTIG.items()
        ]
        self.expression = rna_world.draw_expression(self.contigs, rng)
        self.pairs = rna_world.draw_pairs(self.contigs, PAIRS, rng, self.expression)
        rna_world.add_junk(self.pairs, 0.02, rng)
        self.reads = rna_world.draw_pairs(self.contigs, READS, rng, self.expression)
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
    run.whole("--notemp", *(f"all results/{name}" for name in TARGETS))
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


def drawn_per_gene(world, pairs):
    """Fragments of each gene of the GTF that were drawn from A and from B."""
    names = [contig.name for contig in world.contigs]
    told = {
        f"{contig.name}.g{number}": np.zeros(2, dtype=np.int64)
        for contig in world.contigs
        for number in range(len(contig.exons) - rna_world.HIDDEN)
    }
    for contig, gene, haplotype in zip(pairs.contig, pairs.gene, pairs.haplotype, strict=True):
        if (key := f"{names[contig]}.g{gene}") in told and haplotype >= 0:
            told[key][haplotype] += 1
    return pd.DataFrame(told, index=["a", "b"]).T


def test_the_fragments_of_each_gene_are_counted(world):
    counts = pd.read_csv(world.results / "counts" / "counts.tsv.gz", sep="\t")
    for sample, pairs in (("paired", world.pairs), ("single", world.reads)):
        drawn = drawn_per_gene(world, pairs)
        found = counts[counts["sample"] == sample].set_index("region").loc[drawn.index]
        assert len(found) == (counts["sample"] == sample).sum() == 20
        total = found[["count_a", "count_b", "count_ambiguous"]].sum(axis=1)
        assert (total / drawn.sum(axis=1)).between(0.95, 1.02).all()
        # What is told is told rightly: hardly more fragments of a haplotype than were drawn from it.
        assert (found["count_a"] <= 1.01 * drawn["a"] + 2).all()
        assert (found["count_b"] <= 1.01 * drawn["b"] + 2).all()
        summary = json.loads((world.results / "counts" / f"{sample}.genes.json").read_text())
        assert sum(part["counted"] for part in summary.values()) == total.sum()
        # Genes that the GTF lacks: a third of all.
        assert sum(part["no_gene"] for part in summary.values()) > 0.2 * len(pairs.haplotype)


def test_the_log_ratio_of_each_gene_is_found(world):
    table = pd.read_csv(world.results / "counts" / "imbalance.tsv", sep="\t").set_index("region")
    truth = pd.Series(world.expression.log_ratio, index=world.expression.gene).loc[table.index]
    informative = table["count_a"] + table["count_b"]
    enough = informative >= 50
    assert enough.sum() >= 15
    measured = np.log2((table["count_a"] + 1) / (table["count_b"] + 1))
    assert np.corrcoef(measured[enough], truth[enough])[0, 1] >= 0.97
    assert np.abs((measured - truth)[enough]).max() < 0.6
    balanced = enough & (truth == 0)
    assert abs(measured[balanced].mean()) < 0.1


def test_each_gene_has_a_window_around_its_start(world):
    columns = ["chrom", "start", "end", "name", "score", "strand", "summit"]
    windows = pd.read_csv(world.results / "counts" / "tss.bed", sep="\t", names=columns).set_index("name")
    dropped = pd.read_csv(world.results / "counts" / "tss.dropped.tsv", sep="\t")["gene_id"]
    expected = {}
    for contig in world.contigs:
        told = len(contig.exons) - rna_world.HIDDEN
        for number, (exons, minus) in enumerate(zip(contig.exons[:told], contig.reverse[:told], strict=True)):
            expected[f"{contig.name}.g{number}"] = exons[-1][1] - 1 if minus else exons[0][0]
    assert set(windows.index) | set(dropped) == set(expected) and len(windows) >= 10
    assert windows["summit"].to_dict() == {gene: expected[gene] for gene in windows.index}
    assert (windows["end"] - windows["start"] == 5000).all()


def test_the_dataset_has_the_genes_windows_in_their_direction(world):
    dataset = read_dataset(world.results / "dataset" / "dataset.h5")
    windows = pd.read_csv(world.results / "counts" / "tss.bed", sep="\t", header=None)
    assert dataset.region["name"].tolist() == windows[3].tolist()
    np.testing.assert_array_equal(dataset.reverse, windows[5] == "-")
    assert 3 <= dataset.reverse.sum() <= len(dataset.reverse) - 3
    length = dataset.sequence.shape[2]
    for side, haplotype in enumerate(HAPLOTYPES):
        lift = world.map_of(haplotype).to_haplotype
        path = world.results / "genomes" / "made" / f"{haplotype}.fa"
        with pysam.FastaFile(str(path)) as fasta:
            for row, window in enumerate(windows.itertuples(index=False)):
                site = int(lift(window[0], np.array([window[6]]))[0][0])
                first = site - (length // 2 - 1 if window[5] == "-" else length // 2)
                bases = fasta.fetch(window[0], first, first + length)
                if window[5] == "-":
                    bases = bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]
                assert decode(dataset.sequence[row, side]) == bases
    counts = pd.read_csv(world.results / "counts" / "counts.tsv.gz", sep="\t").set_index(["region", "sample"])
    for column, sample in enumerate(dataset.sample):
        expected = counts.loc[[(gene, sample) for gene in dataset.region["name"]]]
        np.testing.assert_array_equal(dataset.count[:, column], expected.iloc[:, -3:])


def test_all_stages_use_the_direction_of_the_genes(world):
    """Alleles stand where the table says, in all genes; places on the reference hold the seqlets' bases."""
    dataset = read_dataset(world.results / "dataset" / "dataset.h5")
    variants = pd.read_csv(world.results / "variants" / "recommended.tsv.gz", sep="\t")
    assert len(variants) == len(dataset.variant) > 0 and variants["scored"].all()
    seqlets = pd.read_csv(world.results / "motifs" / "recommended" / "seqlets.tsv.gz", sep="\t")
    seqlets = seqlets[(seqlets["haplotype"] == "A") & (seqlets["ref_start"] < seqlets["ref_end"])]
    turned = seqlets["row"].map(pd.Series(dataset.reverse))
    assert turned.any() and not turned.all()
    with pysam.FastaFile(str(world.results / "genomes" / "reference.fa")) as fasta:
        for row, minus in zip(seqlets.itertuples(), turned, strict=True):
            bases = fasta.fetch(row.chrom, row.ref_start, row.ref_end)
            if minus:
                bases = bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]
            assert bases == row.sequence
    assert "made: allelic imbalance" in (world.results / "report" / "index.html").read_text()
