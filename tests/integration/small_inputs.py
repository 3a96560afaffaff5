"""A small genome with its variants and reads, as the texts of the input files, and ways to damage them."""

import numpy as np
import pysam

GENERATOR = np.random.default_rng(1)
GENOME = {f"chr{n}": "".join(GENERATOR.choice(list("ACGT"), 3000)) for n in (1, 2)}
READS = "".join(f"@r{n} x\n{GENOME['chr1'][n : n + 40]}\n+\n{'#' + 'F' * 39}\n" for n in range(0, 2000, 7))
FASTA = "".join(f">{name}\n{sequence}\n" for name, sequence in GENOME.items())
BED = "".join(f"chr1\t{n * n % 2999}\t3000\n" for n in range(3000)).encode()


def vcf_text(step=30, sample="ALT", contigs=tuple(GENOME), wrong=()):
    """SNPs every `step` bases; those numbered in `wrong` have another REF than the genome."""
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID={name}>" for name in contigs)]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + sample]
    sites = [(name, place) for name, sequence in GENOME.items() for place in range(9, len(sequence), step)]
    for number, (name, place) in enumerate(sites):
        ref = GENOME[name][place]
        ref, alt = (
            "ACGT"[("ACGT".index(ref) + shift) % 4] for shift in ((1, 2) if number in wrong else (0, 1))
        )
        lines.append(f"{name}\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t1/1")
    return "\n".join(lines) + "\n"


def bgzip(path, text):
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(text.encode())
    return path.read_bytes()


def damaged(data):
    """Bytes in the middle are others."""
    middle = len(data) // 2
    return data[:middle] + bytes(255 - byte for byte in data[middle : middle + 40]) + data[middle + 40 :]


def refused(done, folder, words):
    """The step failed with one line that holds the words, and wrote nothing."""
    line = done[0]
    assert isinstance(line, str) and line.startswith("error: ") and "\n" not in line
    for word in words:
        assert word in line
    assert not [path for path in (folder / "out").rglob("*") if path.is_file()]
