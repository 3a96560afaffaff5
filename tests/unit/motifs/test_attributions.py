import h5py
import numpy as np
import pytest

from deepallele.errors import InputError
from deepallele.motifs import attributions
from deepallele.motifs.attributions import patch_codes, read_contributions, read_patches


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Five regions read in blocks of two."""
    monkeypatch.setattr(attributions, "BLOCK", 2)
    rng = np.random.default_rng(0)
    sequence = rng.integers(0, 5, (5, 2, 12)).astype(np.uint8)
    values = rng.normal(size=(5, 2, 4, 12)).astype(np.float32)
    path = tmp_path / "attributions.h5"
    names = [f"r{i}" for i in range(5)]
    with h5py.File(path, "w") as file:
        file["hypothetical"] = values
        file.create_dataset("region", data=names, dtype=h5py.string_dtype())
    return path, sequence, names, values


def test_contribution_is_the_value_at_the_observed_base_and_zero_at_n(stored):
    path, sequence, names, values = stored
    contribution = read_contributions(path, sequence, names)
    for row, side, position in np.ndindex(sequence.shape):
        code = sequence[row, side, position]
        expected = values[row, side, code, position] if code < 4 else 0
        assert contribution[row, side, position] == expected


def test_patches_are_zero_outside_the_window(stored):
    path, sequence, names, values = stored
    where = np.array([[4, 1, -2], [0, 0, 9], [3, 1, 4], [0, 1, 0]])
    patch = read_patches(path, sequence, names, where, 5)
    codes = patch_codes(sequence, where, 5)
    assert not patch[0, :2].any() and (codes[0, :2] == 4).all()
    np.testing.assert_array_equal(patch[0, 2:], values[4, 1, :, :3].T)
    np.testing.assert_array_equal(patch[1, :3], values[0, 0, :, 9:].T)
    assert not patch[1, 3:].any()
    np.testing.assert_array_equal(patch[2], values[3, 1, :, 4:9].T)
    np.testing.assert_array_equal(codes[2], sequence[3, 1, 4:9])


def test_other_regions_are_refused(stored):
    path, sequence, names, _ = stored
    with pytest.raises(InputError, match="regions are not those"):
        read_contributions(path, sequence, names[::-1])


def test_another_shape_is_refused(stored):
    path, sequence, names, _ = stored
    with pytest.raises(InputError, match="shape"):
        read_contributions(path, sequence[:, :, :10], names)


def test_values_that_are_not_finite_are_refused(stored):
    path, sequence, names, _ = stored
    with h5py.File(path, "a") as file:
        file["hypothetical"][3, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="not finite in rows 2 to 4"):
        read_contributions(path, sequence, names)
