"""Seqlets, their clusters, TF-MoDISco patterns, and the transcription factors they look like."""
