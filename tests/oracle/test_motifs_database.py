"""The JASPAR motifs against the MEME file JASPAR itself gives out, and MEME files against Biopython."""

import numpy as np
from Bio import motifs as bio_motifs

from deepallele.motifs.database import load_database
from deepallele.motifs.meme import read_meme, write_meme


def test_jaspar_2020_vertebrates_equal_the_published_file(shared_data):
    path = shared_data / "motifs" / "JASPAR2020_CORE_vertebrates.meme"
    # This file names motifs by factor; the matrix ID stands at the end of each URL.
    matrix = [line.rpartition("/")[2] for line in path.read_text().splitlines() if line.startswith("URL")]
    published = dict(zip(matrix, read_meme(path), strict=True))
    ours = load_database("JASPAR2020", "vertebrates")
    assert {motif.name for motif in ours} == set(published)
    for motif in ours:
        other = published[motif.name]
        assert motif.label == other.label
        np.testing.assert_allclose(motif.pwm, other.pwm, atol=2e-5)


def test_biopython_reads_what_we_write(tmp_path):
    database = load_database("JASPAR2020", "vertebrates")[:40]
    write_meme(database, tmp_path / "motifs.meme")
    with (tmp_path / "motifs.meme").open() as file:
        record = bio_motifs.parse(file, "minimal")
    assert [motif.name for motif in record] == [motif.name for motif in database]
    for motif, other in zip(database, record, strict=True):
        assert other.length == len(motif.pwm) and other.num_occurrences == motif.n_sites
        matrix = np.array([other.counts[base] for base in "ACGT"]).T / other.num_occurrences
        np.testing.assert_allclose(matrix, motif.pwm, atol=0.5 / motif.n_sites + 1e-4)
