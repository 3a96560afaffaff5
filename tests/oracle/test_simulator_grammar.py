"""Activities and variant effects of the simulator against plain loops over whole haplotypes."""

import math

import numpy as np
import pytest

from deepallele.simulate.effects import cut_windows, variants_in_reach
from deepallele.simulate.grammar import Cooperation, Grammar, parse_cooperation
from deepallele.simulate.motifs import TEMPERATURE, load_motifs
from deepallele.simulate.run import make_world
from deepallele.simulate.settings import Settings
from deepallele.simulate.variants import build_haplotype

STREAMS = ("genome", "layout", "sites", "variants", "vcf", "levels", "qualities", "reads")
SETTINGS = Settings(chromosomes=2, regions_per_chromosome=25, indel_rate=1 / 200, blacklist_loci=1)


@pytest.fixture(scope="module")
def world():
    streams = dict(zip(STREAMS, np.random.default_rng(3).spawn(8), strict=True))
    return make_world(SETTINGS, streams)[0]


@pytest.fixture(scope="module")
def grammar():
    motifs = load_motifs(SETTINGS.motifs)
    return Grammar(motifs, parse_cooperation(SETTINGS.cooperative, motifs))


def score(motif, word):
    forward = sum(motif.score[i, c] for i, c in enumerate(word))
    backward = sum(motif.score[i, 3 - c] for i, c in enumerate(word[::-1]))
    return max(forward, backward)


def activity(grammar, codes, summit):
    """Log2 activity straight from the definition, one position at a time."""
    total = 0.0
    bound = []
    for motif in grammar.motifs:
        places = {}
        for start in range(summit - 140, summit + 141):
            centre = start + (motif.width - 1) / 2 - summit
            weight = min(1.0, max(0.0, (120 - abs(centre)) / 30))
            if weight > 0:
                word = codes[start : start + motif.width].tolist()
                lack = motif.threshold - score(motif, word)
                places[centre] = weight / (1 + math.exp(lack / TEMPERATURE))
        bound.append(places)
        total += motif.strength * sum(places.values())
    pair: Cooperation = grammar.cooperation
    for one, first in bound[pair.first].items():
        for other, second in bound[pair.second].items():
            # A half base between motifs of odd and even width is rounded as the grammar does.
            shift = (grammar.motifs[pair.second].width - grammar.motifs[pair.first].width) / 2
            steps = round(other - one - shift) + math.floor(shift)
            if 10 <= abs(steps) <= 40:
                total += pair.strength * first * second
    return total


def test_activity_is_the_sum_over_all_positions(world, grammar):
    windows = cut_windows(world.genome.codes, world.summit, grammar.half)
    fast = grammar.activity(windows).total
    for region in range(0, len(world.summit), 9):
        slow = activity(grammar, world.genome.codes, int(world.summit[region]))
        assert fast[region] == pytest.approx(slow, abs=1e-9)


def test_log_ratio_is_the_difference_of_the_haplotypes(world, grammar):
    lifted = world.second.from_reference(world.summit)
    for region in range(0, len(world.summit), 9):
        a = activity(grammar, world.genome.codes, int(world.summit[region]))
        b = activity(grammar, world.second.genome.codes, int(lifted[region]))
        assert world.regions.log_ratio[region] == pytest.approx(a - b, abs=1e-9)


def test_effect_is_that_of_swapping_one_variant_in_whole_genomes(world, grammar):
    region, variant = variants_in_reach(world.variants, world.summit, grammar.half)
    assert np.array_equal(region, world.effects.region) and np.array_equal(variant, world.effects.variant)
    unequal = world.variants.ref_length[variant] != world.variants.alt_length[variant]
    strong = np.abs(world.effects.effect) > 0.2
    rows = np.concatenate(
        [np.flatnonzero(unequal)[:12], np.flatnonzero(strong)[:12], np.arange(0, len(region), 40)]
    )
    assert unequal[rows].sum() >= 12 and strong[rows].sum() >= 12

    def total(haplotype, at):
        return activity(grammar, haplotype.genome.codes, int(haplotype.from_reference(np.array([at]))[0]))

    everything = world.second
    nothing = build_haplotype(world.genome, world.variants.take(np.array([], dtype=np.int64)))
    for row in rows:
        only = build_haplotype(world.genome, world.variants.take(variant[row : row + 1]))
        but = build_haplotype(
            world.genome, world.variants.take(np.arange(len(world.variants)) != variant[row])
        )
        at = int(world.summit[region[row]])
        in_a = total(nothing, at) - total(only, at)
        in_b = total(but, at) - total(everything, at)
        assert world.effects.effect[row] == pytest.approx((in_a + in_b) / 2, abs=1e-9), row


def test_regions_without_variants_have_no_imbalance(world):
    without = np.setdiff1d(np.arange(len(world.summit)), world.effects.region)
    assert np.allclose(world.regions.log_ratio[without], 0)
