"""Effects of the variants between the haplotypes, and contributions of every base."""
