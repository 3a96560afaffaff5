"""The paired-sequence dataset: windows of both haplotypes, their variants, counts and folds."""
