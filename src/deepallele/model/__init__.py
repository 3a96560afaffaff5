"""Models: paired sequences in, log2 counts and log2(A/B) out; training, prediction, evaluation."""
