import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from motif_world import PLANTED, make_world

from deepallele.dataset.store import write_dataset
from deepallele.motifs.database import load_database
from deepallele.motifs.modisco import choose_windows, find_patterns, read_patterns, write_patterns
from deepallele.motifs.naming import name_motifs

ROOT = Path(__file__).parents[3]


def test_each_sequence_once_chromosomes_in_turn_strongest_first():
    sequence = np.zeros((3, 2, 8), dtype=np.uint8)
    sequence[1, :, 0], sequence[2, :, 0], sequence[0, 1, 1] = 1, 2, 3
    contribution = np.zeros((3, 2, 8), dtype=np.float32)
    contribution[0, 0, 3], contribution[0, 1, 3], contribution[1, 0, 3], contribution[2, 0, 3] = -5, 4, 6, 0.1
    window = choose_windows(sequence, contribution, np.array(["1", "1", "2"], dtype=object))
    assert window.tolist() == [[1, 0], [2, 0], [0, 0], [0, 1]]
    assert choose_windows(sequence, contribution, np.array(["1", "1", "2"], dtype=object), 2).tolist() == [
        [1, 0],
        [2, 0],
    ]


@pytest.mark.parametrize(
    ("n", "length", "kind"),
    [(0, 60, "noise"), (5, 60, "noise"), (40, 25, "noise"), (40, 60, "zero"), (40, 60, "one sign")],
)
def test_nothing_to_find_gives_no_pattern_and_a_file_that_says_so(tmp_path, n, length, kind):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    hypothetical = rng.normal(size=(n, length, 4)).astype(np.float32)
    if kind == "zero":
        hypothetical[:] = 0
    elif kind == "one sign":
        hypothetical = np.abs(hypothetical)
    positive, negative = find_patterns(codes, hypothetical, 1000)
    write_patterns(positive, negative, np.zeros((n, 2), dtype=np.int64), length, tmp_path / "modisco.h5")
    with h5py.File(tmp_path / "modisco.h5") as file:
        assert file.attrs["n_positive"] == file.attrs["n_negative"] == 0
    assert read_patterns(tmp_path / "modisco.h5") == []


def test_planted_motifs_become_patterns_with_their_names_and_the_same_bytes_twice(tmp_path):
    """The one slow test here: modisco-lite's kernels are compiled the first time.

    The step runs in a process of its own, because kernels are kept on disk only by a process that has no
    threads yet.
    """
    world = make_world(tmp_path, n=90)
    write_dataset(world.dataset, tmp_path / "dataset.h5")
    for name in ("one.h5", "two.h5"):
        command = [sys.executable, ROOT / "src" / "run_modisco.py", "--dataset", tmp_path / "dataset.h5"]
        command += ["--attributions", world.attributions, "--max-seqlets", "250", "--out", tmp_path / name]
        subprocess.run(
            command, check=True, env=os.environ | {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        )
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    motifs = read_patterns(tmp_path / "one.h5")
    assert [motif.name for motif in motifs] == [f"modisco_pos_{i}" for i in range(len(motifs))]
    named = name_motifs(motifs, load_database("JASPAR2020", "vertebrates"), 0.05, 4)
    assert len(set(named["tf"]) & set(PLANTED)) >= 3
    for motif in motifs:
        np.testing.assert_allclose(motif.pwm.sum(axis=1), 1)
    with h5py.File(tmp_path / "one.h5") as file:
        assert file["window"].shape == (180, 2)
