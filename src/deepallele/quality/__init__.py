"""Quality control of the allele assignment: balance, the fit of the VCF, contamination, artefacts."""
