"""Gene annotation and splice junctions, lifted between the reference and the haplotypes."""
