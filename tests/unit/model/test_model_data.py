from dataclasses import replace

import numpy as np
import torch
from model_world import planted_dataset

from deepallele.model import data


def regions():
    return data.region_tensors(planted_dataset(40), 20)


def test_targets_are_those_of_the_dataset():
    dataset = planted_dataset(40)
    batch = data.region_tensors(dataset, 20)
    np.testing.assert_array_equal(batch.log_ratio[:, 0], dataset.log_ratio())
    np.testing.assert_array_equal(batch.activity[:, 0], dataset.log_counts())
    np.testing.assert_array_equal(batch.informative.sum(dim=(1, 2)), dataset.informative())
    np.testing.assert_array_equal(batch.kept[:, 0], dataset.informative() >= 20)


def test_each_sample_or_condition_is_a_task():
    one = planted_dataset(40)
    count = np.concatenate([one.count, one.count[::-1], one.count // 2], axis=1)
    dataset = replace(one, count=count, sample=["x", "y", "z"], condition=["p", "q", "q"])
    samples = data.region_tensors(dataset, 20, "sample")
    assert samples.log_ratio.shape == (40, 3)
    np.testing.assert_array_equal(samples.log_ratio[:, 0], one.log_ratio())
    np.testing.assert_array_equal(samples.informative[:, 1], one.count[::-1, 0, :2])
    conditions = data.region_tensors(dataset, 20, "condition")
    np.testing.assert_array_equal(
        conditions.informative[:, 1], samples.informative[:, 1] + samples.informative[:, 2]
    )


def test_an_epoch_shows_every_row_once_in_an_order_of_its_own():
    rows = np.arange(5, 38)
    values = regions()._replace(log_ratio=torch.arange(40.0)[:, None])
    order = data.BatchRows(rows, 8, seed=3)
    loader = data.batches(values, order)

    def epoch(number):
        order.set_epoch(number)
        return torch.cat([batch.log_ratio[:, 0] for batch in loader]).int().tolist()

    first, second = epoch(0), epoch(1)
    assert sorted(first) == sorted(second) == rows.tolist()
    assert first != second
    assert len(loader) == 5
    assert epoch(0) == first


def test_processes_share_each_batch_out():
    rows = np.arange(33)
    whole = list(data.BatchRows(rows, 8, seed=3))
    parts = [list(data.BatchRows(rows, 8, seed=3, rank=rank, world_size=3)) for rank in range(3)]
    for number, batch in enumerate(whole[:-1]):
        together = torch.cat([part[number] for part in parts])
        assert sorted(together.tolist()) == sorted(batch.tolist())
    # The last batch has one row only, which all then see.
    assert all(part[-1].tolist() == whole[-1].tolist() for part in parts)


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
    expected = torch.log2(informative[..., 0] + 1) - torch.log2(informative[..., 1] + 1)
    torch.testing.assert_close(swapped.log_ratio, expected)
    assert torch.equal(swapped.activity[turned], batch.activity[turned].flip(2))
    assert torch.equal(swapped.kept, batch.kept)


def test_random_strand_turns_about_half():
    torch.manual_seed(0)
    batch = regions()
    turned = data.random_strand(batch).codes
    other = 3 - batch.codes.flip(-1)
    same = (turned == batch.codes).flatten(1).all(dim=1)
    assert (same | (turned == other).flatten(1).all(dim=1)).all()
    assert 5 < same.sum() < 35
