"""What the simulator asks of an assay. Bulk ATAC-seq is the plain one; the others change what differs."""

from typing import NamedTuple

import numpy as np

from deepallele.simulate import outputs
from deepallele.simulate.activity import overdispersed
from deepallele.simulate.bytetable import Column
from deepallele.simulate.fragments import SOURCES, AtacSampler, Fragments, Sampler, Shares
from deepallele.simulate.informative import Span, Templates, local_span, reference_ends
from deepallele.simulate.planting import BLACKLIST_LENGTH, Layout
from deepallele.simulate.reads import ADAPTERS
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.truth_tables import World


class Library(NamedTuple):
    """One sample that is sequenced, and the read pairs of each of its lanes."""

    sample: str
    lanes: list[int]


class Assay:
    """How fragments are drawn and named; this one is bulk ATAC-seq.

    Attributes
    ----------
    templates
        What reads are cut from; fragments have its coordinates.
    adapters
        What mates 1 and 2 read behind the end of a fragment.
    sources
        Word of the truth table for each value of `Fragments.source`.
    extra_columns
        Names of the columns that the assay adds to the truth table of the reads.
    control
        Name of the sample that is the control of the others, or None.
    """

    adapters: tuple[str, str] = ADAPTERS
    sources: tuple[str, ...] = SOURCES
    extra_columns: tuple[str, ...] = ()
    control: str | None = None

    def __init__(self, settings: Settings, world: World, layout: Layout) -> None:
        self.settings, self.world = settings, world
        self.templates = Templates(world.genome, world.second, world.variants)
        self._loci = layout.blacklist
        lift = world.second.from_reference
        self._centres = np.stack([world.summit, lift(world.summit)], axis=1)
        self._blacklist = np.stack([layout.blacklist, lift(layout.blacklist)], axis=1)
        self.sampler: Sampler = self.region_sampler(AtacSampler, self.shares())

    def shares(self) -> Shares:
        """Shares of the fragments that do not come from regions."""
        settings = self.settings
        return Shares(settings.background_share, settings.blacklist_share, settings.mito_share)

    def region_sampler(self, kind: type[AtacSampler], shares: Shares) -> AtacSampler:
        """A sampler of fragments around the summits and elsewhere on the genome."""
        haplotypes = (self.world.genome, self.world.second.genome)
        return kind(haplotypes, self._centres, self._blacklist, shares)

    def libraries(self) -> list[Library]:
        """The samples, in the order in which they are drawn and written."""
        settings = self.settings
        made = []
        shares = per_sample(settings.pairs, settings.samples)
        for index, (sample, pairs) in enumerate(zip(settings.sample_names(), shares, strict=True)):
            second_lane = round(pairs * settings.second_lane_share) if index == 0 else 0
            made.append(Library(sample, [pairs - second_lane, second_lane] if second_lane else [pairs]))
        return made

    def sampler_of(self, library: Library) -> Sampler:
        """What draws the fragments of a sample."""
        return self.sampler

    def draw(self, rng: np.random.Generator, library: Library) -> Fragments:
        """Draw all fragments of one sample, in the order of its reads."""
        pairs = sum(library.lanes)
        weight = overdispersed(rng, self.world.expected, self.settings.overdispersion)
        duplicates = round(pairs * self.settings.duplicate_share)
        return self.sampler_of(library).sample(rng, weight, pairs, duplicates)

    def span(self, fragments: Fragments) -> Span:
        """Where fragments lie on the reference."""
        return local_span(self.world.genome, *reference_ends(fragments, self.templates.second))

    def prefix(self, fragments: Fragments) -> list[Column]:
        """What stands before each read's name."""
        return []

    def extra(self, fragments: Fragments) -> list[Column]:
        """Values of `extra_columns`."""
        return []

    def write(self, paths: Paths) -> None:
        """Write what the assay has beside genome, regions and reads, once the reads are drawn."""
        outputs.write_blacklist(self.world.genome, self._loci, BLACKLIST_LENGTH, paths.blacklist)


def per_sample(total: int, samples: int) -> list[int]:
    """Deal `total` things to samples, as evenly as can be."""
    return [total // samples + (index < total % samples) for index in range(samples)]
