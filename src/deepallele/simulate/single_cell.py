"""Single-cell ATAC-seq: cells of several types, empty droplets, and the barcodes that name them."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.files import write_table, write_text
from deepallele.simulate import bytetable
from deepallele.simulate.activity import overdispersed
from deepallele.simulate.assay import Assay, Library, per_sample
from deepallele.simulate.bytetable import Column
from deepallele.simulate.cell_types import CellTypes
from deepallele.simulate.fragments import Fragments, join, with_duplicates
from deepallele.simulate.genome import LETTERS
from deepallele.simulate.planting import Layout
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.truth_tables import World

BARCODE_LENGTH = 16
EMPTY = -1


class Droplets(NamedTuple):
    """Droplets of all samples, arrays of shape=(droplets,).

    `sample` is the sample's index, `group` that of the cell type (-1: no cell), `share` the droplet's part of
    the sample's fragments.
    """

    sample: NDArray[np.int64]
    group: NDArray[np.int64]
    share: NDArray[np.float64]


def draw_droplets(rng: np.random.Generator, settings: Settings, types: int) -> Droplets:
    """Draw how the fragments of each sample are dealt to its cells and empty droplets.

    Each type has the same number of cells and of fragments in a sample (up to one cell); the number of
    fragments of a cell is log-normal.
    """
    parts = []
    cells = per_sample(settings.cells, settings.samples)
    empty = per_sample(settings.empty_droplets, settings.samples)
    for sample, (full, without) in enumerate(zip(cells, empty, strict=True)):
        group = np.concatenate([np.arange(full) % types, np.full(without, EMPTY)])
        size = np.exp(rng.normal(0.0, settings.cell_sd, len(group)))
        parts.append(
            Droplets(np.full(len(group), sample), group, _shares(group, size, settings.ambient_share))
        )
    return Droplets(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _shares(group: NDArray[np.int64], size: NDArray[np.float64], ambient: float) -> NDArray[np.float64]:
    share = np.zeros(len(group))
    types = int(group.max()) + 1
    for kind in range(EMPTY, types):
        rows = group == kind
        share[rows] = size[rows] / size[rows].sum() * (ambient if kind == EMPTY else (1 - ambient) / types)
    return share / share.sum()


def draw_barcodes(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Different barcodes in random order, shape=(count, 16), as ASCII letters."""
    number = rng.choice(4**BARCODE_LENGTH, count, replace=False)
    return LETTERS[(number[:, None] >> (2 * np.arange(BARCODE_LENGTH))) % 4]


class SingleCellAssay(Assay):
    """ATAC-seq whose read names begin with the barcode of their droplet."""

    extra_columns = ("barcode",)

    def __init__(self, settings: Settings, world: World, layout: Layout, rng: np.random.Generator) -> None:
        super().__init__(settings, world, layout)
        assert world.cell_types is not None
        self._types: CellTypes = world.cell_types
        self._droplets = draw_droplets(rng, settings, len(self._types.names))
        used = len(self._droplets.group)
        self._barcodes = draw_barcodes(rng, used + settings.unused_barcodes)
        self._fragments = np.zeros(used, dtype=np.int64)

    def draw(self, rng: np.random.Generator, library: Library) -> Fragments:
        """Draw the fragments of each type's cells from its regions, those of empty droplets from the mean."""
        settings = self.settings
        pairs = sum(library.lanes)
        duplicates = round(pairs * settings.duplicate_share)
        weights = [overdispersed(rng, one, settings.overdispersion) for one in self._types.expected]
        # The last one is that of EMPTY.
        weights.append(np.mean(weights, axis=0))
        mine = np.flatnonzero(self._droplets.sample == settings.sample_names().index(library.sample))
        share = self._droplets.share[mine]
        number = rng.multinomial(pairs - duplicates, share / share.sum())
        self._fragments[mine] = number
        parts, cells = [], []
        for kind in range(EMPTY, len(self._types.names)):
            rows = self._droplets.group[mine] == kind
            cell = np.repeat(mine[rows], number[rows])
            parts.append(self.sampler.distinct(rng, weights[kind], len(cell)))
            # The sampler gives them in the order of the regions.
            cells.append(rng.permutation(cell))
        distinct = join(parts)._replace(cell=np.concatenate(cells))
        return with_duplicates(rng, distinct, duplicates)

    def prefix(self, fragments: Fragments) -> list[Column]:
        """Barcode and colon."""
        return [self._letters(fragments), bytetable.constant(":", len(fragments.start))]

    def extra(self, fragments: Fragments) -> list[Column]:
        """The barcode."""
        return [self._letters(fragments)]

    def _letters(self, fragments: Fragments) -> Column:
        assert fragments.cell is not None
        return self._barcodes[fragments.cell]

    def write(self, paths: Paths) -> None:
        """Write the blacklist, the whitelist, the type of each cell and the truth about all droplets."""
        super().write(paths)
        texts = [barcode.tobytes().decode() for barcode in self._barcodes]
        write_text("".join(f"{text}\n" for text in sorted(texts)), paths.whitelist)
        used = self._droplets
        table = pd.DataFrame(
            {
                "barcode": texts[: len(used.group)],
                "group": np.array([*self._types.names, ""])[used.group],
                "fragments": self._fragments,
                "sample": np.array(self.settings.sample_names())[used.sample],
            }
        ).sort_values("barcode", ignore_index=True)
        write_table(table, paths.cells)
        write_table(table.loc[table["group"] != "", ["barcode", "group"]], paths.cell_types)
