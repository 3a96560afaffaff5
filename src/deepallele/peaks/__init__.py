"""Regions: cut sites or reads for the peak caller, and the consensus of the samples' peaks."""
