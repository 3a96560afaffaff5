"""Tables of what was planted and what it does."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.files import write_table
from deepallele.simulate.cell_types import CellTypes
from deepallele.simulate.effects import EffectTruth, RegionTruth, causal_variant, main_motif
from deepallele.simulate.genes import Genes
from deepallele.simulate.genome import Genome, decode
from deepallele.simulate.motifs import Motif, oriented
from deepallele.simulate.planting import REGION_HALF, Sites
from deepallele.simulate.settings import Paths
from deepallele.simulate.variants import SecondHaplotype, Variants

_SITE_SHIFT = 4
BOUND = 0.5
NOTHING = np.array(None, dtype=object)


class World(NamedTuple):
    """Everything that is true before the first read is drawn."""

    genome: Genome
    second: SecondHaplotype
    variants: Variants
    summit: NDArray[np.int64]
    motifs: list[Motif]
    sites: Sites
    regions: RegionTruth
    effects: EffectTruth
    shared: NDArray[np.float64]
    expected: NDArray[np.float64]
    genes: Genes | None = None
    cell_types: CellTypes | None = None


def write_truth(world: World, paths: Paths) -> None:
    """Write regions, variants, motifs and the motif summary."""
    write_table(region_table(world), paths.regions)
    write_table(variant_table(world), paths.variants)
    motifs = motif_table(world)
    write_table(motifs, paths.motifs)
    summary = pd.DataFrame(
        [(m.motif_id, m.tf, m.strength, int((motifs["motif_id"] == m.motif_id).sum())) for m in world.motifs],
        columns=["motif_id", "tf", "strength", "n_instances"],
    )
    if world.cell_types is not None:
        kinds = zip(world.cell_types.names, world.cell_types.strength, strict=True)
        summary = summary.assign(**{f"strength_{name}": strength for name, strength in kinds})
    write_table(summary, paths.motif_summary)


def region_names(world: World) -> list[str]:
    """Names chrom:start-end of the regions (summit - 125 to summit + 126)."""
    contig, local = world.genome.contig_of(world.summit), world.genome.local(world.summit)
    return [
        f"{world.genome.names[c]}:{s - REGION_HALF}-{s + REGION_HALF + 1}"
        for c, s in zip(contig.tolist(), local.tolist(), strict=True)
    ]


def _contigs(world: World, position: NDArray[np.int64]) -> list[str]:
    return [world.genome.names[c] for c in world.genome.contig_of(position)]


def _alleles(world: World) -> tuple[list[str], list[str]]:
    codes, variants = world.genome.codes, world.variants
    ends = variants.pos + variants.ref_length
    ref = [decode(codes[s:e]).decode() for s, e in zip(variants.pos.tolist(), ends.tolist(), strict=True)]
    return ref, [decode(variants.allele(row)).decode() for row in range(len(variants))]


def region_table(world: World) -> pd.DataFrame:
    """One row per region; the causal variant is the one with the largest absolute effect.

    With cell types, expectations and `log_ratio` are those of all cells together, effects the mean over the
    types, and each type has a `log_ratio_{type}` of its own.
    """
    local = world.genome.local(world.summit)
    causal = causal_variant(world.effects, len(world.summit))
    ref, alt = _alleles(world)
    place = world.genome.local(world.variants.pos)
    chrom = _contigs(world, world.summit)
    names, effects = [], []
    for region, row in enumerate(causal.tolist()):
        v = int(world.effects.variant[row]) if row >= 0 else -1
        names.append(f"{chrom[region]}:{place[v] + 1}:{ref[v]}>{alt[v]}" if row >= 0 else None)
        effects.append(world.effects.effect[row] if row >= 0 else np.nan)
    table = pd.DataFrame(
        {
            "region": region_names(world), "chrom": chrom, "start": local - REGION_HALF,
            "end": local + REGION_HALF + 1, "summit": local,
            "expected_a": world.expected[:, 0], "expected_b": world.expected[:, 1],
            "log_ratio": world.regions.log_ratio, "shared_level": world.shared,
            "causal_variant": names, "causal_effect": effects,
            "n_variants": np.bincount(world.effects.region, minlength=len(world.summit)),
        }
    )  # fmt: skip
    if world.cell_types is None:
        return table
    kinds = zip(world.cell_types.names, world.cell_types.log_ratio, strict=True)
    return table.assign(**{f"log_ratio_{name}": ratio for name, ratio in kinds})


def variant_table(world: World) -> pd.DataFrame:
    """One row per variant and region within reach; variants far from all regions have no region and effect 0.

    `motif` is the one whose occupancy the variant changes most (by 0.25 or more); it `breaks` the motif where
    B's allele lowers the occupancy, `makes` the motif where B's allele raises it.
    """
    far = np.setdiff1d(np.arange(len(world.variants)), world.effects.variant)
    best = main_motif(world.effects)
    some = np.maximum(best, 0)
    change = world.effects.occupancy_change[np.arange(len(best)), some]
    direction = np.where(best < 0, "none", np.where(change > 0, "breaks", "makes"))
    tf = np.array([motif.tf for motif in world.motifs], dtype=object)
    names = np.array(region_names(world), dtype=object)
    variant = np.concatenate([world.effects.variant, far])
    none = np.full(len(far), NOTHING)
    ref, alt = (np.array(alleles, dtype=object) for alleles in _alleles(world))
    pos = world.variants.pos[variant]
    table = pd.DataFrame(
        {
            "chrom": _contigs(world, pos), "pos": world.genome.local(pos),
            "ref": ref[variant], "alt": alt[variant],
            "region": np.concatenate([names[world.effects.region], none]),
            "effect": np.concatenate([world.effects.effect, np.zeros(len(far))]),
            "motif": np.concatenate([np.where(best >= 0, tf[some], NOTHING), none]),
            "change": np.concatenate([direction, np.full(len(far), "none")]),
        }
    )  # fmt: skip
    return table.iloc[np.argsort(variant, kind="stable")]


def motif_table(world: World) -> pd.DataFrame:
    """One row per planted site that is bound (occupancy 0.5 or more) on at least one haplotype."""
    sites = world.sites
    scores = np.empty((len(sites.start), 2))
    bound = np.empty((len(sites.start), 2), dtype=bool)
    for index, motif in enumerate(world.motifs):
        at = np.flatnonzero(sites.motif == index)
        lifted = world.second.from_reference(sites.start[at])
        for haplotype, (codes, start) in enumerate(
            [(world.genome.codes, sites.start[at]), (world.second.genome.codes, lifted)]
        ):
            scores[at, haplotype] = best_score(codes, start, sites.reverse[at], motif)
        bound[at] = motif.occupancy(scores[at]) >= BOUND
    chrom, begin = _contigs(world, sites.start), world.genome.local(sites.start)
    names = region_names(world)
    rows = []
    for row in np.flatnonzero(bound.any(axis=1)).tolist():
        motif = world.motifs[sites.motif[row]]
        side = "AB" if bound[row].all() else "A" if bound[row, 0] else "B"
        strand = "-" if sites.reverse[row] else "+"
        end = begin[row] + sites.length[row]
        where = (chrom[row], begin[row], end, strand, side, names[sites.region[row]])
        rows.append((motif.motif_id, motif.tf, *where, motif.strength, scores[row, 0], scores[row, 1]))
    columns = ["motif_id", "tf", "chrom", "start", "end", "strand", "haplotypes", "region", "strength"]
    return pd.DataFrame(rows, columns=[*columns, "score_a", "score_b"])


def best_score(
    codes: NDArray[np.uint8], start: NDArray[np.int64], reverse: NDArray[np.bool_], motif: Motif
) -> NDArray[np.float64]:
    """Best log-odds (bits) of the motif on the site's strand within 4 bp of each start."""
    best = np.full(len(start), -np.inf)
    for shift in range(-_SITE_SHIFT, _SITE_SHIFT + 1):
        found = codes[(start + shift)[:, None] + np.arange(motif.width)]
        best = np.maximum(best, motif.site_score(oriented(found, reverse)))
    return best
