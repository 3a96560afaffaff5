"""What a simulated world promises before a read is drawn: composition, variants, sites, ratios."""

import numpy as np
import pytest

from deepallele.errors import InputError
from deepallele.simulate.effects import causal_variant
from deepallele.simulate.genome import END_GAP, random_genome, reverse_complement
from deepallele.simulate.run import make_world
from deepallele.simulate.settings import Settings
from deepallele.simulate.truth_tables import motif_table, region_table, variant_table

STREAMS = ("genome", "layout", "sites", "variants", "vcf", "levels", "qualities", "reads")


def world_of(settings):
    streams = dict(zip(STREAMS, np.random.default_rng(settings.seed).spawn(8), strict=True))
    return make_world(settings, streams)[0]


@pytest.fixture(scope="module")
def world():
    return world_of(Settings(chromosomes=3, regions_per_chromosome=300))


def test_base_composition_is_that_of_a_genome(world):
    codes = world.genome.codes
    inner = codes[END_GAP : int(world.genome.offset[1]) - END_GAP]
    share = np.bincount(inner, minlength=5) / len(inner)
    assert share[4] == 0
    assert 0.38 < share[1] + share[2] < 0.50
    cpg = ((inner[:-1] == 1) & (inner[1:] == 2)).mean() / (share[1] * share[2])
    assert 0.2 < cpg < 0.6, "CpG is depleted"
    assert (codes[:END_GAP] == 4).all()


def test_gc_varies_along_the_chromosome():
    codes = random_genome(np.random.default_rng(1), 1, 500_000).codes[1000:499_000]
    gc = np.isin(codes[: len(codes) // 5000 * 5000].reshape(-1, 5000), (1, 2)).mean(axis=1)
    assert gc.std() > 0.02
    assert gc.min() > 0.3 and gc.max() < 0.56


def test_reverse_complement():
    assert reverse_complement(np.array([0, 0, 1, 4], dtype=np.uint8)).tolist() == [4, 2, 3, 3]


def test_variant_density_and_kinds(world):
    variants = world.variants
    nuclear = world.genome.offset[-2]
    indel = variants.ref_length != variants.alt_length
    assert 110 < nuclear / (~indel).sum() < 170
    assert 900 < nuclear / indel.sum() < 1800
    size = np.abs(variants.ref_length - variants.alt_length)[indel]
    assert size.max() > 8 and size.max() <= 20
    assert (size == 1).mean() > 0.2
    assert ((variants.ref_length == variants.alt_length) & (variants.ref_length > 1)).sum() > 30
    assert (np.diff(variants.pos) <= 8).sum() > 100, "some variants lie close together"
    assert (variants.pos[1:] >= (variants.pos + variants.ref_length)[:-1]).all(), "none overlap"


def test_log_ratios_are_as_promised(world):
    ratio = np.abs(world.regions.log_ratio)
    assert 0.85 < world.regions.log_ratio.std() < 1.15
    assert abs(world.regions.log_ratio.mean()) < 0.12, "neither haplotype is favoured"
    assert 0.52 < (ratio > 0.3).mean() < 0.68
    assert 0.24 < (ratio > 1).mean() < 0.36
    strong = np.abs(world.effects.effect)
    assert (strong > 1).sum() > 0.15 * len(ratio)
    assert strong.max() < 4


def test_expected_pairs(world):
    settings = Settings(chromosomes=3, regions_per_chromosome=300)
    total = world.expected.sum(axis=1)
    assert total.min() > 24.9
    assert total.sum() == pytest.approx(settings.pairs * 0.92 * 0.85, rel=1e-6)
    assert np.allclose(np.log2(world.expected[:, 0] / world.expected[:, 1]), world.regions.log_ratio)
    assert 0.9 < world.shared.std() < 1.1


def test_regions_and_their_causal_variants(world):
    table = region_table(world)
    assert len(table) == 900 and table["region"].is_unique
    assert ((table["end"] - table["start"]) == 251).all()
    gaps = table.groupby("chrom")["summit"].diff().dropna()
    assert gaps.min() > 1200
    row = int(np.abs(table["log_ratio"]).argmax())
    variants = variant_table(world)
    mine = variants[variants["region"] == table["region"][row]]
    assert len(mine) == table["n_variants"][row]
    best = mine.iloc[int(np.abs(mine["effect"]).to_numpy().argmax())]
    assert table["causal_variant"][row] == f"{best['chrom']}:{best['pos'] + 1}:{best['ref']}>{best['alt']}"
    assert table["causal_effect"][row] == best["effect"]
    none = causal_variant(world.effects, len(table)) < 0
    assert (table["causal_variant"].isna() == none).all()
    assert (np.abs(table["causal_effect"]).corr(np.abs(table["log_ratio"]))) > 0.7


def test_variant_table_has_every_variant_and_says_what_it_does(world):
    table = variant_table(world)
    assert len(table.drop_duplicates(["chrom", "pos", "ref", "alt"])) == len(world.variants)
    assert (table[table["region"].isna()]["effect"] == 0).all()
    assert set(table["change"]) == {"breaks", "makes", "none"}
    clear = table[table["effect"].abs() > 0.8]
    assert (clear["change"] != "none").mean() > 0.95
    activators = clear[clear["motif"].isin(["CTCF", "SPI1", "NRF1"])]
    assert ((activators["effect"] > 0) == (activators["change"] == "breaks")).all()
    repressed = clear[clear["motif"] == "GFI1"]
    assert len(repressed) > 5
    assert ((repressed["effect"] < 0) == (repressed["change"] == "breaks")).mean() > 0.9


def test_sites_are_planted_near_the_summit_on_the_haplotypes_they_name(world):
    table = motif_table(world)
    assert (table["tf"].value_counts() >= 150).all() and table["tf"].nunique() == 10
    summit = table["region"].map(region_table(world).set_index("region")["summit"])
    assert (table["start"] >= summit - 90).all() and (table["end"] <= summit + 90).all()
    thresholds = table["motif_id"].map({motif.motif_id: motif.threshold for motif in world.motifs})
    assert ((table["score_a"] >= thresholds) == table["haplotypes"].isin(["A", "AB"])).all()
    assert ((table["score_b"] >= thresholds) == table["haplotypes"].isin(["B", "AB"])).all()
    counts = table["haplotypes"].value_counts()
    assert counts["AB"] > counts["A"] + counts["B"]
    assert 0.75 < counts["A"] / counts["B"] < 1.35


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"motifs": "MA0139.1"}, "MA0139.1=2.0"),
        ({"motifs": "MA9999.1=1"}, "MA9999.1 is not in JASPAR2020"),
        ({"motifs": "MA0139.1=1,MA0139.1=2"}, "twice"),
        ({"cooperative": "MA0139.1,MA0001.1=1"}, "--cooperative"),
        ({"cooperative": "MA0139.1,MA0139.1=1"}, "the same"),
    ],
)
def test_bad_grammars_are_refused(change, said):
    settings = Settings(chromosomes=1, regions_per_chromosome=2, **change)
    with pytest.raises(InputError, match=said):
        world_of(settings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pairs": 0}, "--pairs 0"),
        ({"spacing": 500}, "--spacing 500"),
        ({"background_share": 0.95}, "leave at least a tenth"),
        ({"strain": "REF"}, "must differ"),
        ({"strain": "A B"}, "spaces"),
        ({"error_rate": 0.5}, "--error-rate 0.5"),
    ],
)
def test_bad_settings_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        Settings(**change)
