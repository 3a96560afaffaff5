"""Fragments per region and haplotype, and the test of allelic imbalance."""
