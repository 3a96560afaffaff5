import numpy as np
import pytest

from deepallele.motifs.database import load_database
from deepallele.motifs.matrices import Motif
from deepallele.motifs.naming import COLUMNS, benjamini_hochberg, name_motifs

EMPTY = np.zeros((0, 4), dtype=np.float32)


@pytest.fixture(scope="module")
def database():
    return load_database("JASPAR2020", "vertebrates")


def _shuffled(motif, rng):
    """The positions in another order and, in each, the bases in another order."""
    return rng.permuted(motif.pwm[rng.permutation(len(motif.pwm))], axis=1)


def test_known_motifs_find_themselves_within_flanks(database):
    flank = np.full((6, 4), 0.25)
    wanted = [motif for motif in database if motif.label in ("CTCF", "SPI1", "NRF1", "RUNX1", "YY1")]
    queries = [Motif(m.name, np.concatenate([flank, m.pwm[::-1, ::-1], flank]), EMPTY, 50) for m in wanted]
    named = name_motifs(queries, database, 0.05, 4)
    first = named[named["rank"] == 1].set_index("motif")["motif_id"]
    assert first.to_dict() == {motif.name: motif.name for motif in wanted}
    assert named["q_value"].max() < 0.05 and named.groupby("motif").size().max() <= 4


def test_shuffled_motifs_are_rarely_named(database):
    rng = np.random.default_rng(0)
    sharp = [motif for motif in database if len(motif.pwm) >= 8]
    queries = [
        Motif(f"random_{i}", _shuffled(sharp[index], rng), EMPTY, 50)
        for i, index in enumerate(rng.integers(0, len(sharp), 300))
    ]
    named = name_motifs(queries, database, 0.05, 4)
    # 0.05 and three standard errors of 300 draws
    assert named["motif"].nunique() / 300 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_no_motif_gives_an_empty_table(database):
    table = name_motifs([], database, 0.05, 4)
    assert list(table.columns) == COLUMNS and len(table) == 0


def test_q_values_by_hand():
    q_value = benjamini_hochberg(np.array([[0.04, 0.01, 0.03, 0.9], [1.0, 1.0, 1.0, 1.0]]))
    np.testing.assert_allclose(q_value, [[0.16 / 3, 0.04, 0.16 / 3, 0.9], [1, 1, 1, 1]])
