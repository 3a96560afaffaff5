"""Regions: Tn5 cut sites for the peak caller and the consensus of the samples' peaks."""
