"""Reference genome, variants of the cross, and the haplotypes made from them."""
