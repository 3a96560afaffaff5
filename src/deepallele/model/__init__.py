"""Models: paired sequences in, log2 counts and log2(A/B) out; training, prediction, evaluation."""

import os

# Arrays of a batch are large and made anew at every step: in pages of 2 MB that takes a tenth off the time of
# a training on a CPU. torch reads this at its first allocation; other systems than Linux have no such pages.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
