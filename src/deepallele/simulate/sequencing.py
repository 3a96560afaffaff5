"""From an assay to FASTQ files and the truth table of the reads."""

from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate import outputs
from deepallele.simulate.assay import Assay, Library
from deepallele.simulate.bytetable import Sink, gzip_sink
from deepallele.simulate.fragments import Fragments
from deepallele.simulate.informative import count_informative, informative_positions
from deepallele.simulate.reads import ReadMaker
from deepallele.simulate.settings import Paths

_CHUNK = 50_000


class ReadWriter:
    """Has each sample's fragments drawn and writes their reads in chunks, so that memory stays bounded."""

    def __init__(self, assay: Assay, paths: Paths, stream: np.random.Generator) -> None:
        """Prepare what all samples share; `stream` draws the quality templates."""
        settings = assay.settings
        self._assay, self._paths = assay, paths
        first, second, variants = assay.templates
        self._maker = ReadMaker(
            stream, (first, second.genome), settings.read_length, settings.error_rate, assay.adapters
        )
        self._positions = informative_positions(first, second, variants)
        self._digits = max(6, len(str(settings.pairs)))
        self._names = [settings.reference_name, settings.strain]

    def write(self, rng: np.random.Generator) -> dict[str, int]:
        """Write the reads of all samples; gives the number of lanes of each sample."""
        lanes_of = {}
        number = 1
        with gzip_sink(self._paths.reads, level=3) as truth:
            columns = [*outputs.READ_COLUMNS, *self._assay.extra_columns]
            truth.write(("\t".join(columns) + "\n").encode())
            for library in self._assay.libraries():
                self._write_sample(rng, library, number, truth)
                lanes_of[library.sample] = len(library.lanes)
                number += sum(library.lanes)
        return lanes_of

    def _write_sample(self, rng: np.random.Generator, library: Library, first: int, truth: Sink) -> None:
        """Draw one sample and write its reads; `first` is the number of its first read."""
        fragments = self._assay.draw(rng, library)
        lanes = np.split(np.arange(len(fragments.start)), np.cumsum(library.lanes)[:-1])
        for unit, rows in enumerate(lanes, start=1):
            self._write_lane(rng, fragments, rows, first, library.sample, unit, truth)

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
        assay = self._assay
        with ExitStack() as stack:
            sinks = [
                stack.enter_context(gzip_sink(self._paths.fastq(sample, unit, mate)))
                for mate in range(1, assay.settings.mates + 1)
            ]
            for low in range(0, len(rows), _CHUNK):
                chunk = rows[low : low + _CHUNK]
                part = fragments.take(chunk)
                names = outputs.ReadNames(
                    part,
                    assay.span(part),
                    first + chunk,
                    self._digits,
                    self._names,
                    assay.world.genome.names,
                    assay.prefix(part),
                )
                length, single = assay.settings.read_length, assay.settings.mates == 1
                told = count_informative(part, self._positions, length, single)
                truth.write(names.truth_lines(part, sample, told, assay.sources, assay.extra(part)))
                outputs.write_pairs(sinks, names.name, self._maker.make(rng, part)[: len(sinks)])
