"""DeepAllele: regulatory variants and motifs that explain allelic imbalance."""

__version__ = "0.1.0"
