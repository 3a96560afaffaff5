"""From a world to FASTQ files and the truth table of the reads."""

from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate import outputs
from deepallele.simulate.activity import overdispersed
from deepallele.simulate.bytetable import Sink, gzip_sink
from deepallele.simulate.chip import ADAPTERS, CONTROL, ChipSampler, control_shares
from deepallele.simulate.fragments import (
    AtacSampler,
    Fragments,
    Shares,
    count_informative,
    informative_positions,
    reference_span,
)
from deepallele.simulate.planting import Layout
from deepallele.simulate.reads import ADAPTERS as ATAC_ADAPTERS
from deepallele.simulate.reads import ReadMaker
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.truth_tables import World

_CHUNK = 50_000


class ReadWriter:
    """Draws the fragments of every sample and writes their reads in chunks, so that memory stays bounded."""

    def __init__(
        self, settings: Settings, paths: Paths, world: World, layout: Layout, stream: np.random.Generator
    ) -> None:
        """Prepare what all samples share; `stream` draws the quality templates."""
        self._settings, self._paths, self._world = settings, paths, world
        haplotypes = (world.genome, world.second.genome)
        lift = world.second.from_reference
        centres = np.stack([world.summit, lift(world.summit)], axis=1)
        blacklist = np.stack([layout.blacklist, lift(layout.blacklist)], axis=1)
        shares = Shares(settings.background_share, settings.blacklist_share, settings.mito_share)
        chip = settings.assay == "chip"
        sampler = ChipSampler if chip else AtacSampler
        self._sampler = sampler(haplotypes, centres, blacklist, shares)
        without = control_shares(shares, len(blacklist))
        self._control = ChipSampler(haplotypes, centres, blacklist, without) if chip else None
        adapters = ADAPTERS if chip else ATAC_ADAPTERS
        self._maker = ReadMaker(stream, haplotypes, settings.read_length, settings.error_rate, adapters)
        self._single = settings.layout == "single"
        self._positions = informative_positions(world.genome, world.second, world.variants)
        self._digits = max(6, len(str(settings.pairs)))
        self._names = [settings.reference_name, settings.strain]

    def write(self, rng: np.random.Generator) -> dict[str, int]:
        """Write the reads of all samples; gives the number of lanes of each sample."""
        settings = self._settings
        lanes_of = {}
        first = 1
        with gzip_sink(self._paths.reads, level=3) as truth:
            truth.write(("\t".join(outputs.READ_COLUMNS) + "\n").encode())
            for index, sample in enumerate(settings.sample_names()):
                pairs = settings.pairs // settings.samples + (index < settings.pairs % settings.samples)
                second_lane = round(pairs * settings.second_lane_share) if index == 0 else 0
                lanes = [pairs - second_lane, second_lane] if second_lane else [pairs]
                self._write_sample(rng, self._sampler, sample, lanes, first, truth)
                lanes_of[sample] = len(lanes)
                first += pairs
            if self._control is not None:
                pairs = settings.control_pairs or settings.pairs // settings.samples
                self._write_sample(rng, self._control, CONTROL, [pairs], first, truth)
                lanes_of[CONTROL] = 1
        return lanes_of

    def _write_sample(
        self,
        rng: np.random.Generator,
        sampler: AtacSampler,
        sample: str,
        lanes: list[int],
        first: int,
        truth: Sink,
    ) -> None:
        """Draw one sample and write its reads; `lanes` holds the pairs of each lane, `first` a number."""
        pairs = sum(lanes)
        weight = overdispersed(rng, self._world.expected, self._settings.overdispersion)
        fragments = sampler.sample(rng, weight, pairs, round(pairs * self._settings.duplicate_share))
        for unit, rows in enumerate(np.split(np.arange(pairs), np.cumsum(lanes)[:-1]), start=1):
            self._write_lane(rng, fragments, rows, first, sample, unit, truth)

    def _write_lane(
        self,
        rng: np.random.Generator,
        fragments: Fragments,
        rows: NDArray[np.int64],
        first: int,
        sample: str,
        unit: int,
        truth: Sink,
    ) -> None:
        with ExitStack() as stack:
            sinks = [
                stack.enter_context(gzip_sink(self._paths.fastq(sample, unit, mate)))
                for mate in ((1,) if self._single else (1, 2))
            ]
            for low in range(0, len(rows), _CHUNK):
                chunk = rows[low : low + _CHUNK]
                part = fragments.take(chunk)
                span = reference_span(part, self._world.genome, self._world.second)
                names = outputs.ReadNames(
                    part, span, first + chunk, self._digits, self._names, self._world.genome.names
                )
                told = count_informative(part, self._positions, self._settings.read_length, self._single)
                truth.write(names.truth_lines(part, sample, told))
                outputs.write_pairs(sinks, names.name, self._maker.make(rng, part)[: len(sinks)])
