"""Which variant changes which motif, and which transcription factors this points to."""
