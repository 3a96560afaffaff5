"""RNA-seq: fragments of spliced and unspliced transcripts of both haplotypes."""

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate import bytetable
from deepallele.simulate.assay import Assay
from deepallele.simulate.bytetable import Column
from deepallele.simulate.chip import ADAPTERS, ChipSampler
from deepallele.simulate.fragments import MIN_FRAGMENT, SOURCES, Fragments, Sampler, Shares, join
from deepallele.simulate.gene_files import write_genes, write_gtf, write_junctions
from deepallele.simulate.genes import Genes
from deepallele.simulate.informative import Span, crosses_junction, local_span, reference_ends
from deepallele.simulate.planting import Layout
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.transcripts import Transcripts, lay_transcripts
from deepallele.simulate.truth_tables import World

# Mean and standard deviation of a fragment's length.
_LENGTH = (220.0, 50.0)
UNSPLICED = len(SOURCES)
NO_GENE = "NA"


class RnaSampler(Sampler):
    """Draws fragments anywhere along transcripts, and elsewhere as ChIP-seq does."""

    def __init__(
        self,
        transcripts: Transcripts,
        reverse: NDArray[np.bool_],
        strandness: int,
        elsewhere: Sampler,
        share_elsewhere: float,
    ) -> None:
        """Set what is the same for all samples.

        Parameters
        ----------
        transcripts
            Transcripts of both haplotypes.
        reverse
            shape=(genes,): whether the gene lies on the reverse strand.
        strandness
            0: mate 1 has either strand; 1: the gene's; 2: the other.
        elsewhere
            Draws the fragments that come from no gene.
        share_elsewhere
            Their share.
        """
        self._transcripts, self._reverse, self._strandness = transcripts, reverse, strandness
        self._elsewhere, self._share_elsewhere = elsewhere, share_elsewhere

    def distinct(self, rng: np.random.Generator, weight: NDArray[np.float64], count: int) -> Fragments:
        """Draw fragments of transcripts and of what is no gene; `weight` is that of genes and haplotypes."""
        outside = int(rng.binomial(count, self._share_elsewhere))
        inside = self._of_transcripts(rng, weight, count - outside)
        return join([inside, self._elsewhere.distinct(rng, weight, outside)])

    def _of_transcripts(self, rng: np.random.Generator, weight: NDArray[np.float64], count: int) -> Fragments:
        told = self._transcripts
        each = (weight[told.gene] * told.share[:, None]).ravel()
        cell = np.repeat(np.arange(len(each)), rng.multinomial(count, each / each.sum()))
        row, haplotype = cell // 2, cell % 2
        low, high = told.start[row, haplotype], told.end[row, haplotype]
        size = np.rint(rng.normal(*_LENGTH, count)).astype(np.int64)
        size = np.clip(size, MIN_FRAGMENT, high - low)
        start = low + (rng.random(count) * (high - low - size + 1)).astype(np.int64)
        source = np.where(told.spliced[row], 0, UNSPLICED).astype(np.int8)
        reverse = self._reverse[told.gene[row]] ^ (self._strandness == 2)
        if self._strandness == 0:
            reverse = rng.random(count) < 0.5
        none = np.zeros(count, dtype=bool)
        return Fragments(haplotype.astype(np.int8), start, start + size, source, reverse, none)


class RnaAssay(Assay):
    """RNA-seq of genes whose promoters are the regions; without loci of high coverage."""

    adapters = ADAPTERS
    sources = ("transcript", *SOURCES[1:], "unspliced")
    extra_columns = ("gene", "crosses_junction")

    def __init__(self, settings: Settings, world: World, layout: Layout) -> None:
        super().__init__(settings, world, layout)
        assert world.genes is not None
        self._genes: Genes = world.genes
        self._transcripts = lay_transcripts(
            world.genome, world.variants, self._genes, settings.unspliced_share
        )
        self.templates = self._transcripts.templates
        background, mitochondrion = settings.background_share, settings.mito_share
        outside = background + mitochondrion
        shares = (
            Shares(background / outside, 0.0, mitochondrion / outside) if outside else Shares(1.0, 0.0, 0.0)
        )
        self.sampler = RnaSampler(
            self._transcripts,
            self._genes.reverse,
            settings.strandness,
            self.region_sampler(ChipSampler, shares),
            outside,
        )

    def span(self, fragments: Fragments) -> Span:
        """Where fragments lie on the reference, introns included."""
        first, last = reference_ends(fragments, self.templates.second)
        origin = self._transcripts.origin
        return local_span(self.world.genome, origin[first], origin[last])

    def extra(self, fragments: Fragments) -> list[Column]:
        """Gene of each fragment, and whether its reads cross a junction."""
        single = self.settings.mates == 1
        crosses = crosses_junction(fragments, self._transcripts.junction, self.settings.read_length, single)
        gene = bytetable.choice([*self._genes.names, NO_GENE], self.gene_of(fragments))
        return [gene, bytetable.choice(["False", "True"], crosses)]

    def gene_of(self, fragments: Fragments) -> NDArray[np.int64]:
        """Gene of each fragment, -1 for none; shape=(n,)."""
        genomes = (self.templates.first, self.templates.second.genome)
        contig = np.where(
            fragments.haplotype == 0, *(genome.contig_of(fragments.start) for genome in genomes)
        )
        row = contig - self._transcripts.contigs
        return np.where(row < 0, -1, self._transcripts.gene[np.maximum(row, 0)])

    def write(self, paths: Paths) -> None:
        """Write the GTF, and the truth of genes and junctions."""
        write_gtf(self._genes, self.world.genome, paths.gtf)
        write_genes(self._genes, self.world, paths.genes)
        write_junctions(self._genes, self.world.genome, paths.junctions)
