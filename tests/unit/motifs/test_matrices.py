import numpy as np
import pytest

from deepallele.motifs.matrices import (
    Motif,
    consensus,
    information,
    read_motifs,
    trim,
    write_cwms,
    write_motifs,
)


def _pwm(*best):
    """Rows of 0.97 at a base, or equal frequencies for None."""
    rows = [[0.25] * 4 if base is None else [0.97 if i == base else 0.01 for i in range(4)] for base in best]
    return np.array(rows)


def test_information_is_2_bits_when_certain_and_0_when_equal():
    np.testing.assert_allclose(information(np.array([[0, 1, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]])), [2, 0, 1])


def test_trim_cuts_flanks_and_keeps_gaps():
    assert trim(_pwm(None, None, 0, 1, None, 2, 3, None)) == slice(2, 7)


@pytest.mark.parametrize(
    ("best", "expected"), [((0, None, None, None, None), slice(0, 4)), ((None,) * 6, None)]
)
def test_trim_never_goes_below_the_smallest_width(best, expected):
    kept = trim(_pwm(*best))
    assert kept.stop - kept.start == 4 and kept.start >= 0 and kept.stop <= len(best)
    assert expected is None or kept == expected


def test_trim_keeps_all_of_a_motif_shorter_than_the_smallest_width():
    assert trim(_pwm(None, 0, None)) == slice(0, 3)


def test_trim_at_the_right_end():
    assert trim(_pwm(None, None, None, None, 0, 1)) in (slice(2, 6), slice(1, 6))


def test_consensus_is_lower_case_where_unsure():
    assert consensus(np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.4, 0.3, 0.2]])) == "Ac"


def test_motifs_survive_the_file_in_number_order(tmp_path):
    rng = np.random.default_rng(0)
    motifs = [
        Motif(
            f"cluster_{i}", rng.dirichlet(np.ones(4), 5), rng.normal(size=(5, 4)).astype(np.float32), i + 20
        )
        for i in range(12)
    ]
    write_motifs(motifs, tmp_path / "motifs.h5")
    again = read_motifs(tmp_path / "motifs.h5")
    assert [motif.name for motif in again] == [motif.name for motif in motifs]
    for one, other in zip(motifs, again, strict=True):
        np.testing.assert_array_equal(one.pwm, other.pwm)
        np.testing.assert_array_equal(one.cwm, other.cwm)
        assert one.n_sites == other.n_sites
    write_cwms(motifs, tmp_path / "a.h5")
    write_cwms(again, tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
