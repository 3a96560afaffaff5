"""Barcodes for simulated bulk reads: cells of two groups, empty droplets, and reads that are of neither."""

import gzip
import random
from pathlib import Path
from zlib import crc32

BASES = "ACGT"


def barcodes(number: int, seed: int = 1) -> list[str]:
    """Different barcodes of 16 bases."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < number:
        found["".join(rng.choices(BASES, k=16))] = None
    return list(found)


def barcode_of(name: str, cells: list[str], empty: list[str]) -> str:
    """Barcode of a simulated read, the same for PCR duplicates: 8 in 10 are of cells."""
    value = crc32(name.removesuffix(":d").split(":", 1)[1].encode())
    share, value = value % 100, value // 100
    if share < 80:
        return cells[value % len(cells)]
    if share < 95:
        return empty[value % len(empty)]
    # Sequencing errors in the barcode, and reads that have none.
    return "" if share == 99 else "N" + cells[value % len(cells)][1:]


def add_barcodes(folder: Path, cells: int, empty: int, tag: bool = False) -> None:
    """Put barcodes before the names of the reads below `folder`, or into their comments; list them beside."""
    names = barcodes(cells + empty + 50)
    of_cells, of_empty = names[:cells], names[cells : cells + empty]
    for path in sorted((folder / "reads").glob("*.fq.gz")):
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        for index in range(0, len(lines), 4):
            name = lines[index][1:]
            barcode = barcode_of(name, of_cells, of_empty)
            comment = f"\tCB:Z:{barcode}" if barcode else ""
            lines[index] = f"@{name}{comment}" if tag else f"@{barcode}:{name}"
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 1))
    (folder / "whitelist.txt").write_text("".join(f"{name}\n" for name in sorted(names)))
    rows = [f"{name}\t{'AB'[index % 2]}\n" for index, name in enumerate(of_cells)]
    (folder / "cell_types.tsv").write_text("barcode\tgroup\n" + "".join(rows))
