"""Fetch public inputs: files with their checksums, runs of the Sequence Read Archive."""
