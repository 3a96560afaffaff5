"""Simulated ChIP-seq: fragments around binding sites, an input control without them, one or both ends."""

import re

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.errors import InputError
from deepallele.sample_sheet import controls_of, read_samples
from deepallele.simulate.chip import ADAPTERS
from deepallele.simulate.run import simulate
from deepallele.simulate.settings import Paths, Settings

SIZE = {"assay": "chip", "chromosomes": 2, "regions_per_chromosome": 30, "pairs": 12_000, "blacklist_loci": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Both layouts: the files, the sample sheet and the tables of regions and reads."""
    found = {}
    for layout in ("paired", "single"):
        paths = Paths(tmp_path_factory.mktemp(layout))
        world = simulate(Settings(layout=layout, control_pairs=5_000, **SIZE), paths)
        regions, reads = (pd.read_csv(path, sep="\t") for path in (paths.regions, paths.reads))
        found[layout] = (paths, world, regions, reads)
    return found


def distance_to_site(regions, reads):
    """Signed distances of the two ends of each fragment to the nearest binding site, and which site it is."""
    best = np.full(len(reads), 10**9)
    row = np.zeros(len(reads), dtype=int)
    middle = (reads["start"] + reads["end"]).to_numpy() // 2
    for index, region in enumerate(regions.itertuples()):
        away = np.where(reads["chrom"] == region.chrom, np.abs(middle - region.summit), 10**9)
        row = np.where(away < best, index, row)
        best = np.minimum(best, away)
    return best, row


def test_fragments_of_regions_hold_the_binding_site(made):
    _, _, regions, reads = made["paired"]
    mine = reads[reads["source"] == "region"]
    _, row = distance_to_site(regions, mine)
    summit = regions["summit"].to_numpy()[row]
    # Deletions of the second haplotype may take the site's own base away.
    holds = (mine["start"] <= summit + 20) & (mine["end"] > summit - 20)
    assert holds.all()
    assert abs((((mine["start"] + mine["end"]) / 2) - summit).mean()) < 3
    length = (mine["end"] - mine["start"])[mine["haplotype"] == "REF"]
    assert length.mean() == pytest.approx(200, abs=3)
    assert length.std() == pytest.approx(40, abs=3)


def test_fragments_of_a_region_are_as_many_as_expected(made):
    _, _, regions, reads = made["paired"]
    mine = reads[(reads["source"] == "region") & ~reads["duplicate"]]
    _, row = distance_to_site(regions, mine)
    for name, column in (("REF", "expected_a"), ("ALT", "expected_b")):
        counts = np.bincount(row[(mine["haplotype"] == name).to_numpy()], minlength=len(regions))
        assert counts.sum() == pytest.approx(regions[column].sum(), rel=0.1)
        assert np.corrcoef(counts, regions[column])[0, 1] > 0.97


def test_the_control_has_everything_but_enrichment(made):
    _, _, _, reads = made["paired"]
    control = reads[reads["sample"] == "input"]
    assert len(control) == 5_000
    assert set(control["source"]) == {"background", "blacklist"}
    assert (control["haplotype"] == "REF").mean() == pytest.approx(0.5, abs=0.04)
    assert (control["source"] == "blacklist").mean() == pytest.approx(0.03, abs=0.01)
    assert (control["chrom"] == "chrM").mean() == pytest.approx(0.02, abs=0.01)
    assert control["duplicate"].mean() == pytest.approx(0.08, abs=0.001)
    assert len(reads[reads["sample"] == "rep1"]) == 6_000
    assert reads["read"].is_unique


@pytest.mark.parametrize("layout", ["paired", "single"])
def test_the_sample_sheet_is_one_the_workflow_reads(made, layout):
    paths = made[layout][0]
    units = read_samples(paths.samples)
    assert controls_of(units) == {"rep1": "input", "rep2": "input"}
    assert [(unit["sample"], unit["unit"]) for unit in units] == [
        ("input", "lane1"), ("rep1", "lane1"), ("rep1", "lane2"), ("rep2", "lane1"),
    ]  # fmt: skip
    assert {bool(unit["fastq_2"]) for unit in units} == {layout == "paired"}
    mates = 2 if layout == "paired" else 1
    assert len(list((paths.folder / "reads").iterdir())) == 4 * mates


def test_single_reads_are_an_end_of_their_fragment_and_count_its_variants_only(made):
    """A read tells no variant exactly if the other haplotype holds the same bases at the same place."""
    paths, world, _, reads = made["single"]
    reads = reads.set_index("read")
    first, second = world.genome, world.second.genome
    texts = {name: first.text(contig).decode() for contig, name in enumerate(first.names)}
    other = {name: second.text(contig).decode() for contig, name in enumerate(second.names)}
    complement = str.maketrans("ACGT", "TGCA")
    sides = {"left": 0, "right": 0}
    with pysam.FastxFile(str(paths.fastq("rep2", 1, 1))) as file:
        for read in file:
            row = reads.loc[read.name]
            if row["haplotype"] != "REF" or row["end"] - row["start"] < 60:
                continue
            text = texts[row["chrom"]]
            starts = {"left": row["start"], "right": row["end"] - 50}
            ends = {side: text[at : at + 50] for side, at in starts.items()}
            called = {"left": read.sequence, "right": read.sequence.translate(complement)[::-1]}
            wrong = {
                side: sum(a != b for a, b in zip(called[side], ends[side], strict=True)) for side in ends
            }
            side = min(wrong, key=wrong.get)
            assert wrong[side] < 12
            sides[side] += 1
            contig = first.names.index(row["chrom"])
            lifted = world.second.from_reference(np.array([starts[side] + first.offset[contig]]))
            at = int(lifted[0] - second.offset[contig])
            same = ends[side] in other[row["chrom"]][at - 60 : at + 110]
            assert same == (row["n_variants"] == 0), read.name
    assert sides["left"] / sum(sides.values()) == pytest.approx(0.5, abs=0.05)


def test_short_fragments_run_into_the_adapter_of_the_assay(tmp_path):
    paths = Paths(tmp_path)
    simulate(Settings(read_length=200, error_rate=1e-4, **SIZE), paths)
    seen = 0
    with (
        pysam.FastxFile(str(paths.fastq("rep1", 1, 1))) as one,
        pysam.FastxFile(str(paths.fastq("rep1", 1, 2))) as two,
    ):
        for first, second in zip(one, two, strict=True):
            label, start, end = re.search(r":(REF|ALT):\w+:(\d+)-(\d+)", first.name).groups()
            length = int(end) - int(start)
            if label == "REF" and length < 160:
                seen += 1
                assert first.sequence[length:].startswith(ADAPTERS[0][:20]) or "N" in first.sequence
                assert second.sequence[length:].startswith(ADAPTERS[1][:20]) or "N" in second.sequence
            if seen > 30:
                break
    assert seen > 30


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"assay": "dnase"}, "--assay dnase"),
        ({"layout": "single"}, "--layout single"),
        ({"assay": "chip", "layout": "both"}, "--layout both.*paired or single"),
        ({"assay": "chip", "control_pairs": -1}, "--control-pairs -1"),
    ],
)
def test_bad_settings_of_the_assay_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        Settings(**change)
