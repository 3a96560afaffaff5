import numpy as np
import pytest

from deepallele.errors import InputError
from deepallele.motifs.database import load_database
from deepallele.motifs.meme import write_meme


def test_names_are_unique_and_factors_are_known():
    database = load_database("JASPAR2020", "vertebrates")
    names = [motif.name for motif in database]
    assert len(database) == 746 and len(set(names)) == 746 and names == sorted(names)
    assert {"CTCF", "SPI1", "NRF1", "YY1"} <= {motif.label for motif in database}
    assert not any(" " in motif.label for motif in database)
    for motif in database:
        np.testing.assert_allclose(motif.pwm.sum(axis=1), 1)


def test_own_file_is_used_instead(tmp_path):
    few = load_database("JASPAR2020", "vertebrates")[:3]
    write_meme(few, tmp_path / "own.meme")
    assert len(load_database("nonsense", "nonsense", tmp_path / "own.meme")) == 3


@pytest.mark.parametrize(("release", "group"), [("JASPAR1999", "vertebrates"), ("JASPAR2020", "dinosaurs")])
def test_unknown_release_or_group_is_refused(release, group):
    with pytest.raises(InputError, match="known:"):
        load_database(release, group)
