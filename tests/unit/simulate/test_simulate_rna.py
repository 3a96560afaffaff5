"""Simulated RNA-seq: genes, their GTF, and reads against transcripts put together base by base."""

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.annotation.genes import read_annotation
from deepallele.annotation.tss import start_sites
from deepallele.errors import InputError
from deepallele.sample_sheet import read_samples
from deepallele.simulate.gene_shapes import MIN_INTRON, draw_exons
from deepallele.simulate.genes import introns
from deepallele.simulate.run import simulate
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.transcripts import lay_transcripts

SETTINGS = Settings(
    assay="rna",
    chromosomes=2,
    regions_per_chromosome=40,
    pairs=16_000,
    read_length=75,
    error_rate=1e-4,
    indel_rate=1 / 300,
    strandness=2,
    overlap_share=0.5,
    isoform_share=0.8,
)
COMPLEMENT = str.maketrans("ACGT", "TGCA")
SIDES = ("REF", "ALT")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    paths = Paths(tmp_path_factory.mktemp("rna"))
    return simulate(SETTINGS, paths), paths


@pytest.fixture(scope="module")
def truth(made):
    """Tables of the genes and of the reads."""
    _, paths = made
    return pd.read_csv(paths.genes, sep="\t"), pd.read_csv(paths.reads, sep="\t")


@pytest.fixture(scope="module")
def annotation(made):
    world, paths = made
    return read_annotation(paths.gtf, world.genome.names)


@pytest.fixture(scope="module")
def texts(made):
    """For each haplotype and gene: texts of its transcripts and, at the end, of the gene; splices of each.

    Exons are lifted by their ends, and their bases taken from the haplotype's genome.
    """
    world, _ = made
    found = {}
    for side, genome in zip(SIDES, (world.genome, world.second.genome), strict=True):
        letters = b"".join(genome.text(contig) for contig in range(len(genome.names))).decode()
        for gene, name in enumerate(world.genes.names):
            chains = [t.exons for t in world.genes.transcripts if t.gene == gene]
            chains.append(np.array([[chains[0][0, 0], chains[0][-1, 1]]]))
            pieces = []
            for exons in chains:
                start, end = exons[:, 0], exons[:, 1] - 1
                if side == "ALT":
                    start, end = world.second.from_reference(start), world.second.from_reference(end)
                parts = [letters[s : e + 1] for s, e in zip(start.tolist(), end.tolist(), strict=True)]
                pieces.append(("".join(parts), np.cumsum([len(part) for part in parts])[:-1]))
            found[side, name] = pieces
    return found


@pytest.fixture(scope="module")
def pairs(made):
    """Bases of both mates by read name, for one sample."""
    _, paths = made
    with (
        pysam.FastxFile(str(paths.fastq("rep2", 1, 1))) as first,
        pysam.FastxFile(str(paths.fastq("rep2", 1, 2))) as second,
    ):
        return {one.name: (one.sequence, two.sequence) for one, two in zip(first, second, strict=True)}


def test_the_gtf_is_one_the_workflow_reads_and_says_the_truth(truth, annotation):
    genes, _ = truth
    read = annotation.genes.set_index("gene_id").loc[genes["gene_id"]].reset_index()
    columns = ["gene_id", "gene_name", "chrom", "start", "end", "strand", "biotype"]
    pd.testing.assert_frame_equal(read[columns], genes[columns], check_dtype=False)
    sites = start_sites(annotation.transcripts).set_index("gene_id").loc[genes["gene_id"]]
    assert (sites["tss"].to_numpy() == genes["tss"]).all()
    assert set(sites["chosen_by"]) == {"Ensembl_canonical"}
    assert set(genes["biotype"]) == {"protein_coding", "lncRNA", "transcribed_unprocessed_pseudogene"}
    assert set(genes["strand"]) == {"+", "-"}


def test_each_gene_starts_near_the_summit_of_its_region(made, truth):
    genes, _ = truth
    regions = pd.read_csv(made[1].regions, sep="\t")
    assert (genes["region"] == regions["region"]).all()
    away = (genes["tss"] - regions["summit"]) * np.where(genes["strand"] == "+", 1, -1)
    assert away.between(30, 60).all()
    for column in ("expected_a", "expected_b", "log_ratio", "causal_variant"):
        assert genes[column].equals(regions[column])


def test_some_genes_overlap_in_their_last_exons_only(made, annotation):
    exons = annotation.exons.sort_values(["chrom", "start"], ignore_index=True)
    shared = exons["end"] - exons.groupby("chrom")["start"].shift(-1)
    rows = shared.index[shared > 0]
    assert len(rows) > 3
    ends = annotation.genes.set_index("gene_id")
    for row in rows:
        one, two = exons.loc[row], exons.loc[row + 1]
        assert (one["strand"], two["strand"]) == ("+", "-") and 100 < shared[row] < 250
        assert one["end"] == ends["end"][one["gene_id"]] and two["start"] == ends["start"][two["gene_id"]]
    pairs = made[0].genes
    facing = (~pairs.reverse[:-1] & pairs.reverse[1:]).sum()
    assert len(rows) < 0.8 * facing


def test_shapes_are_those_of_genes():
    rng = np.random.default_rng(1)
    shapes = [draw_exons(rng, 20_000, False) for _ in range(400)]
    number = np.array([len(shape) for shape in shapes])
    assert 4 < number.mean() < 5 and number.min() == 1
    sizes = np.concatenate([shape[:-1, 1] - shape[:-1, 0] for shape in shapes])
    gaps = np.concatenate([introns(shape)[:, 1] - introns(shape)[:, 0] for shape in shapes])
    assert 120 < np.median(sizes) < 180 and sizes.max() <= 400
    assert gaps.min() >= MIN_INTRON and 500 < np.median(gaps) < 900 and gaps.max() > 5000
    for room in (490, 700, 1500):
        for full in (False, True):
            for _ in range(50):
                shape = draw_exons(rng, room, full)
                assert (np.diff(shape.ravel()) > 0).all() and shape[0, 0] == 0
                assert shape[-1, 1] == room if full else shape[-1, 1] <= room


def test_introns_keep_their_motifs_on_both_haplotypes(made):
    world, _ = made
    seen = 0
    for exons, reverse in zip(world.genes.canonical(), world.genes.reverse, strict=True):
        for start, end in introns(exons):
            before, after = world.second.from_reference(np.array([start - 1, end]))
            for codes, left, right in (
                (world.genome.codes, start, end),
                (world.second.genome.codes, before + 1, after),
            ):
                motif = "".join("ACGT"[code] for code in [*codes[left : left + 2], *codes[right - 2 : right]])
                assert motif == ("CTAC" if reverse else "GTAG")
            seen += 1
    assert seen > 100


def test_the_haplotypes_transcripts_are_their_exons_end_to_end(made, texts):
    world, _ = made
    told = lay_transcripts(world.genome, world.variants, world.genes, 0.05)
    assert (told.gene[told.spliced] == [t.gene for t in world.genes.transcripts]).all()
    assert told.share[told.gene == 3].sum() == pytest.approx(1)
    number = dict.fromkeys(world.genes.names, 0)
    differing = 0
    for row, gene in enumerate(told.gene):
        name = world.genes.names[gene]
        genomes = (told.templates.first, told.templates.second.genome)
        for side, genome in enumerate(genomes):
            cut = genome.codes[told.start[row, side] : told.end[row, side]]
            text, splices = texts[SIDES[side], name][number[name]]
            assert "".join("ACGT"[code] for code in cut) == text
            mine = told.junction[side] - told.start[row, side]
            mine = mine[(mine > 0) & (mine < len(text))]
            assert mine.tolist() == splices.tolist()
        differing += texts["REF", name][number[name]][0] != texts["ALT", name][number[name]][0]
        number[name] += 1
    assert differing > 0.9 * len(told.gene)


def test_reads_are_pieces_of_their_haplotypes_transcripts(made, truth, texts, pairs):
    """Bases, strand, junctions and variants of every read without errors, found by text search."""
    genes, reads = truth
    strand = genes.set_index("gene_id")["strand"]
    table = reads[(reads["sample"] == "rep2") & (reads["gene"].notna())].set_index("read")
    found = crossing = 0
    told = {True: 0, False: 0}
    for row in table.itertuples():
        one, two = pairs[row.Index]
        # dUTP: mate 2 has the strand of the gene.
        forward = (two, one) if strand[row.gene] == "+" else (one, two)
        mates = (forward[0], forward[1].translate(COMPLEMENT)[::-1])
        whole = texts[row.haplotype, row.gene]
        whole = whole[-1:] if row.source == "unspliced" else whole[:-1]
        at = [(text.find(mates[0]), text.rfind(mates[1]), splices) for text, splices in whole]
        at = [(left, right, splices) for left, right, splices in at if left >= 0 and right >= 0]
        if not at:
            continue
        found += 1
        crosses = {
            any(((splices > place) & (splices < place + 75)).any() for place in (left, right))
            for left, right, splices in at
        }
        assert row.crosses_junction in crosses
        crossing += row.crosses_junction
        other = texts["ALT" if row.haplotype == "REF" else "REF", row.gene]
        same = any(all(mate in text for mate in mates) for text, _ in other)
        assert same == (row.n_variants == 0), row.Index
        told[same] += 1
    # An error in 10,000 bases: one pair in 67. Fragments shorter than a read end in the adapter.
    assert found > 0.97 * len(table)
    assert crossing > 1000 and min(told.values()) > 1000


def test_reads_lie_on_the_reference_where_they_say(made, truth, pairs):
    world, _ = made
    _, reads = truth
    letters = {name: world.genome.text(contig).decode() for contig, name in enumerate(world.genome.names)}
    mine = reads[(reads["sample"] == "rep2") & (reads["haplotype"] == "REF")]
    good = 0
    for row in mine.itertuples():
        span = letters[row.chrom][row.start : row.end]
        one, two = pairs[row.read]
        ends = [one, one.translate(COMPLEMENT)[::-1], two, two.translate(COMPLEMENT)[::-1]]
        first = any(span[:30] == read[:30] for read in ends)
        good += first and any(span[-30:] == read[-30:] for read in ends)
    # Not those with an error, or with a splice within 30 bases of an end.
    assert good > 0.75 * len(mine)


def test_fragments_reach_from_the_first_base_of_a_gene_to_its_last(truth):
    genes, reads = truth
    mine = reads[reads["source"] == "transcript"].groupby("gene")
    rich = genes[genes["gene_id"].isin(mine.size().nlargest(20).index)].set_index("gene_id")
    before = (mine["start"].min() - rich["start"])[rich.index]
    after = (rich["end"] - mine["end"].max())[rich.index]
    assert min(before.min(), after.min()) >= 0
    assert max(before.median(), after.median()) <= 3


def test_numbers_of_fragments_follow_the_expectation(truth):
    genes, reads = truth
    assert reads["duplicate"].mean() == pytest.approx(0.08, abs=0.001)
    distinct = reads[~reads["duplicate"]]
    assert (distinct["source"] == "background").mean() == pytest.approx(0.12, abs=0.01)
    assert (distinct["gene"].isna() == (distinct["source"] == "background")).all()
    mine = distinct[distinct["gene"].notna()]
    assert (mine["source"] == "unspliced").mean() == pytest.approx(0.05, abs=0.01)
    for side, column in (("REF", "expected_a"), ("ALT", "expected_b")):
        counts = mine[mine["haplotype"] == side]["gene"].value_counts()
        counts = counts.reindex(genes["gene_id"], fill_value=0).to_numpy()
        assert counts.sum() == pytest.approx(genes[column].sum(), rel=0.05)
        assert np.corrcoef(counts, genes[column])[0, 1] > 0.97
    both = mine.groupby(["gene", "haplotype"]).size().unstack(fill_value=0).reindex(genes["gene_id"])
    ratio = np.log2((both["REF"] + 1) / (both["ALT"] + 1)).to_numpy()
    assert np.corrcoef(ratio, genes["log_ratio"])[0, 1] > 0.95


def test_junctions_are_those_of_the_gtf_and_some_more(made, annotation):
    _, paths = made
    table = pd.read_csv(paths.junctions, sep="\t")
    listed = set()
    rows = pd.read_csv(paths.gtf, sep="\t", comment="#", header=None)
    rows = rows[rows[2] == "exon"]
    transcript = rows[8].str.extract(r'transcript_id "([^"]+)"')[0]
    for _, exons in rows.groupby(transcript):
        exons = exons.sort_values(3)
        chrom, strand = exons[0].iloc[0], exons[6].iloc[0]
        gaps = zip(exons[4].tolist()[:-1], exons[3].tolist()[1:], strict=True)
        listed |= {(chrom, left, right - 1, strand) for left, right in gaps}
    said = {tuple(row) for row in table[table["in_gtf"]][["chrom", "start", "end", "strand"]].to_numpy()}
    assert said == listed
    hidden = table[~table["in_gtf"]]
    assert len(hidden) > 10
    # An intron that skips an exon: both its ends are ends of listed ones.
    for row in hidden.itertuples():
        mine = table[(table["gene_id"] == row.gene_id) & table["in_gtf"]]
        assert row.start in set(mine["start"]) and row.end in set(mine["end"])


def test_what_the_reads_cross_is_what_the_table_says(made, truth):
    """The reference spans of pairs that cross a junction hold an intron of their gene, whole."""
    table = pd.read_csv(made[1].junctions, sep="\t")
    _, reads = truth
    crossing = reads[reads["crosses_junction"]]
    assert set(crossing["source"]) == {"transcript"}
    for gene, part in crossing.groupby("gene"):
        mine = table[table["gene_id"] == gene]
        inside = (part["start"].to_numpy()[:, None] < mine["start"].to_numpy()) & (
            part["end"].to_numpy()[:, None] > mine["end"].to_numpy()
        )
        assert inside.any(axis=1).all()


@pytest.mark.parametrize(("strandness", "share"), [(0, 0.5), (1, 1.0), (2, 0.0)])
def test_single_reads_have_the_strand_asked_for(tmp_path, strandness, share):
    paths = Paths(tmp_path)
    small = {"chromosomes": 1, "regions_per_chromosome": 12, "pairs": 1500, "error_rate": 1e-4, "samples": 1}
    world = simulate(Settings(assay="rna", layout="single", strandness=strandness, **small), paths)
    units = read_samples(paths.samples)
    assert [unit["fastq_2"] for unit in units] == ["", ""]
    reads = pd.read_csv(paths.reads, sep="\t").set_index("read")
    minus = dict(zip(world.genes.names, world.genes.reverse, strict=True))
    letters = world.genome.text(0).decode()
    sense = []
    with pysam.FastxFile(str(paths.fastq("rep1", 1, 1))) as file:
        for read in file:
            row = reads.loc[read.name]
            if row["haplotype"] == "REF" and row["source"] == "transcript" and not row["crosses_junction"]:
                span = letters[row["start"] : row["end"]]
                flipped = read.sequence.translate(COMPLEMENT)[::-1]
                if (read.sequence in span) != (flipped in span):
                    sense.append((read.sequence in span) != minus[row["gene"]])
    assert len(sense) > 200
    assert np.mean(sense) == pytest.approx(share, abs=0.1 if share == 0.5 else 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strandness": 3}, "--strandness 3: out of range; give 0, 1 or 2"),
        ({"spacing": 1500}, "--spacing 1500: out of range; give at least 2000"),
        ({"layout": "both"}, "--layout both"),
        ({"unspliced_share": 1.0}, "--unspliced-share 1.0"),
        ({"assay": "atac", "strandness": 2}, "--strandness 2: an option of --assay rna, not of atac"),
        ({"cells": 7}, "--cells 7: an option of --assay scatac, not of rna"),
    ],
)
def test_bad_settings_of_rna_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        Settings(**{"assay": "rna", **change})
