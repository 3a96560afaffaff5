"""What a plain script does: compare pair-summed alignment scores of two BAMs, and write the better pair.

It lifts nothing, sorts nothing and weighs no base: the least that an assignment with output costs in pysam.
"""

import json
import sys
from pathlib import Path

import pysam


def main(bam_a: str, bam_b: str, out: str, counts: str) -> None:
    """Go through both BAMs in step; `counts` gets the number of pairs by which haplotype scores better."""
    better = {"A": 0, "B": 0, "equal": 0}
    with (
        pysam.AlignmentFile(bam_a) as one,
        pysam.AlignmentFile(bam_b) as other,
        pysam.AlignmentFile(out, "wb", template=one, format_options=[b"level=1"]) as file,
    ):
        for a1 in one:
            a2, b1, b2 = next(one), next(other), next(other)
            score_a, score_b = score(a1) + score(a2), score(b1) + score(b2)
            pair, haplotype = ((b1, b2), 2) if score_b > score_a else ((a1, a2), 1)
            better["equal" if score_a == score_b else "AB"[haplotype - 1]] += 1
            for read in pair:
                if score_a != score_b:
                    read.set_tag("HP", haplotype)
                file.write(read)
    Path(counts).write_text(json.dumps(better))


def score(read: pysam.AlignedSegment) -> int:
    """Alignment score; that of an unaligned read is below all others."""
    return -1000 if read.is_unmapped else read.get_tag("AS")


if __name__ == "__main__":
    main(*sys.argv[1:])
