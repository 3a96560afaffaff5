"""Coverage tracks of samples and haplotypes, and what opens them in genome browsers."""
