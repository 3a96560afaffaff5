"""A small genome and the haplotypes made from it, for the tests of variant selection."""

from deepallele.genome.alleles import Haplotype

GENOME = {"chr1": "TACGTACGTTGCATGCATTA" * 5, "chr2": "GGCCATTAGC" * 5}
REFERENCE = Haplotype("REF")
INBRED = Haplotype("ALT", "S")
SIDES = (Haplotype("LEFT", "S", 0), Haplotype("RIGHT", "S", 1))
BOTH = (Haplotype("ONE", "S1"), Haplotype("TWO", "S2"))


def snps(count):
    """Homozygous SNPs at every position of chr1, then of chr2."""
    return [
        (contig, number + 1, base, "ACGT"["ACGT".index(base) - 1], "1/1")
        for contig, sequence in GENOME.items()
        for number, base in enumerate(sequence)
    ][:count]
