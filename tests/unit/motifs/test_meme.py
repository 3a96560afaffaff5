import numpy as np
import pytest

from deepallele.errors import InputError
from deepallele.motifs.database import load_database
from deepallele.motifs.matrices import Motif
from deepallele.motifs.meme import read_meme, write_meme

EMPTY = np.zeros((0, 4), dtype=np.float32)
START = "MEME version 4\n\nALPHABET= ACGT\n\n"


def _write(tmp_path, text):
    path = tmp_path / "motifs.meme"
    path.write_text(START + text)
    return path


def test_round_trip_keeps_names_widths_counts_and_values(tmp_path):
    rng = np.random.default_rng(0)
    motifs = [
        Motif(f"cluster_{i}", rng.dirichlet(np.ones(4) * 0.3, 4 + i), EMPTY, 20 + i, label)
        for i, label in enumerate(["", "CTCF", "MAX::MYC"])
    ]
    write_meme(motifs, tmp_path / "motifs.meme")
    again = read_meme(tmp_path / "motifs.meme")
    assert [motif.name for motif in again] == ["cluster_0", "cluster_1", "cluster_2"]
    assert [motif.label for motif in again] == ["cluster_0", "CTCF", "MAX::MYC"]
    for one, other in zip(motifs, again, strict=True):
        assert other.n_sites == one.n_sites
        np.testing.assert_allclose(other.pwm, one.pwm, atol=2e-6)
        np.testing.assert_allclose(other.pwm.sum(axis=1), 1)


def test_written_width_is_the_number_of_rows(tmp_path):
    write_meme([Motif("one", np.full((7, 4), 0.25), EMPTY, 5)], tmp_path / "motifs.meme")
    text = (tmp_path / "motifs.meme").read_text()
    assert "w= 7 nsites= 5" in text
    assert text.count(" 0.250000  0.250000  0.250000  0.250000\n") == 7


def test_database_round_trip(tmp_path):
    database = load_database("JASPAR2020", "vertebrates")
    write_meme(database, tmp_path / "database.meme")
    again = read_meme(tmp_path / "database.meme")
    assert [(m.name, m.label, len(m.pwm)) for m in again] == [(m.name, m.label, len(m.pwm)) for m in database]


def test_blank_lines_tabs_and_missing_width_are_read(tmp_path):
    path = _write(
        tmp_path,
        "MOTIF\tM1\n\nletter-probability matrix: alength= 4\n\n0.7\t0.1 0.1 0.1\n.1 .7 .1 .1\nURL http://x\n",
    )
    (motif,) = read_meme(path)
    assert motif.label == "M1" and motif.pwm.shape == (2, 4)


MATRIX = "letter-probability matrix: alength= 4 w= {}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no motif found"),
        ("MOTIF M1\n" + MATRIX.format(3) + "1 0 0 0\n0 1 0 0\n", "line 6: motif 'M1' has w= 3 but 2 rows"),
        ("MOTIF M1\n" + MATRIX.format(1) + "1 0 0\n", "line 7: motif 'M1': rows must be four"),
        ("MOTIF M1\n" + MATRIX.format(1) + "1 1 0 0\n", "sum to 1"),
        ("MOTIF M1\n" + MATRIX.format(1) + "1 -0.5 0.5 0\n", "sum to 1"),
        ("MOTIF M1\n" + MATRIX.format(1) + "1 0 0 -\n", "four numbers"),
        ("MOTIF M1\n" + MATRIX.format(2) + "1 0 0 0\n1 0 0\n", "four numbers"),
        (MATRIX.format(1) + "1 0 0 0\n", "without a MOTIF line"),
        (("MOTIF M1\n" + MATRIX.format(1) + "1 0 0 0\n") * 2, "occurs twice"),
        ("ALPHABET= ACDEFGHIKLMNPQRSTVWY\n", "alphabet"),
    ],
)
def test_bad_files_are_refused_with_the_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_meme(_write(tmp_path, text))
