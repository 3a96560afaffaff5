import numpy as np
import torch
from model_world import planted_dataset

from deepallele.model import data


def regions():
    return data.region_tensors(planted_dataset(40), 20)


def test_targets_are_those_of_the_dataset():
    dataset = planted_dataset(40)
    batch = data.region_tensors(dataset, 20)
    np.testing.assert_array_equal(batch.log_ratio, dataset.log_ratio())
    np.testing.assert_array_equal(batch.informative.sum(dim=1), dataset.informative())
    np.testing.assert_array_equal(batch.kept, dataset.informative() >= 20)


def test_an_epoch_shows_every_row_once_in_a_new_order():
    rows = np.arange(5, 38)
    batches = data.Batches(regions()._replace(log_ratio=torch.arange(40.0)), rows, 8, seed=3)
    first, second = (torch.cat([batch.log_ratio for batch in batches]).int().tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == rows.tolist()
    assert first != second
    assert len(batches) == 5
    again = data.Batches(batches.regions, rows, 8, seed=3)
    assert torch.cat([batch.log_ratio for batch in again]).int().tolist() == first


def test_shift_moves_both_haplotypes_alike_and_fills_with_other():
    torch.manual_seed(0)
    batch = regions()
    shifted = data.random_shift(batch, 3).codes
    seen = set()
    for row in range(40):
        codes = batch.codes[row]
        options = {0: codes}
        for step in (1, 2, 3):
            other = torch.full((2, step), 4, dtype=torch.uint8)
            options[step] = torch.cat([codes[:, step:], other], dim=1)
            options[-step] = torch.cat([other, codes[:, :-step]], dim=1)
        match = [step for step, option in options.items() if torch.equal(option, shifted[row])]
        assert len(match) == 1
        seen.update(match)
    assert len(seen) > 4


def test_swap_takes_everything_along():
    torch.manual_seed(0)
    batch = regions()
    swapped = data.random_swap(batch)
    turned = (swapped.codes[:, 0] != batch.codes[:, 0]).any(dim=1)
    assert 5 < turned.sum() < 35
    informative = swapped.informative
    expected = torch.log2(informative[:, 0] + 1) - torch.log2(informative[:, 1] + 1)
    torch.testing.assert_close(swapped.log_ratio, expected)
    assert torch.equal(swapped.activity[turned], batch.activity[turned].flip(1))
    assert torch.equal(swapped.kept, batch.kept)


def test_random_strand_turns_about_half():
    torch.manual_seed(0)
    batch = regions()
    turned = data.random_strand(batch).codes
    other = 3 - batch.codes.flip(-1)
    same = (turned == batch.codes).flatten(1).all(dim=1)
    assert (same | (turned == other).flatten(1).all(dim=1)).all()
    assert 5 < same.sum() < 35
