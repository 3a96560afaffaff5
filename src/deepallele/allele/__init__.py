"""Allele assignment: which haplotype each read pair comes from, and its place on the reference."""
