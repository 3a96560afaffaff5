import h5py
import pandas as pd
import pytest
from effects_world import LENGTH, save_checkpoint, snv_dataset, trained_like

import attribute
import gather_attributions
import gather_tables
import score_variants
from deepallele.dataset.store import write_dataset
from deepallele.effects.gather import join_tables
from deepallele.errors import InputError
from deepallele.files import read_table


def call(step, *arguments):
    step.main(step.build_parser().parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def inputs(tmp_path):
    """Dataset and checkpoints of two folds and two seeds, in a folder with a space."""
    folder = tmp_path / "a b"
    folder.mkdir()
    write_dataset(snv_dataset(n=9), folder / "dataset.h5")
    paths = []
    for fold in (0, 1):
        for seed in (1, 2):
            paths.append(folder / f"models/m/fold{fold}/seed{seed}/model.ckpt")
            save_checkpoint(trained_like("recommended", LENGTH, 10 * fold + seed), "recommended", paths[-1])
    return folder, paths


def test_steps_from_dataset_to_attributions(inputs, capsys):
    folder, checkpoints = inputs
    common = ["--dataset", folder / "dataset.h5", "--checkpoints", *checkpoints, "--accelerator", "cpu"]
    tables, files = [], []
    for chunk in ("1-of-2", "2-of-2"):
        tables.append(folder / f"{chunk}.tsv.gz")
        call(score_variants, *common, "--chunk", chunk, "--out", tables[-1])
        files.append(folder / f"{chunk}.h5")
        call(attribute, *common, "--model", "m", "--method", "ism", "--chunk", chunk, "--out", files[-1])
    call(gather_tables, "--tables", *tables, "--out", folder / "m.tsv.gz")
    call(score_variants, *common, "--out", folder / "whole.tsv.gz")
    capsys.readouterr()
    gather = ["--dataset", folder / "dataset.h5", "--attributions", *files, "--variants", folder / "m.tsv.gz"]
    call(gather_attributions, *gather, "--out", folder / "m.h5")
    log = capsys.readouterr().out
    # Exact mutagenesis and exact exchange of alleles differ in the background of the other variants only,
    # which is the same in both: the two must agree.
    assert "27 single-base variants: R = 1.000" in log
    # Sums of float32 depend in the last digits on the size of the batch.
    pd.testing.assert_frame_equal(
        read_table(folder / "m.tsv.gz"), read_table(folder / "whole.tsv.gz"), rtol=1e-3, atol=1e-6
    )
    with h5py.File(folder / "m.h5") as file:
        assert file["hypothetical"].shape == (9, 2, 4, LENGTH)
        assert file.attrs["method"] == "ism"


def test_log_says_what_was_scored(inputs, capsys):
    folder, checkpoints = inputs
    common = ["--dataset", folder / "dataset.h5", "--checkpoints", *checkpoints, "--accelerator", "cpu"]
    call(score_variants, *common, "--out", folder / "v.tsv.gz")
    log = capsys.readouterr().out
    assert "seeds: 2; regions: 9; variants: 27" in log
    assert "against its predicted log ratio: R = 0." in log or "R = 1." in log
    call(attribute, *common, "--model", "m", "--out", folder / "a.h5")
    assert "regions above 0.001: 0" in capsys.readouterr().out


def test_join_keeps_text_and_order(tmp_path):
    (tmp_path / "a.tsv").write_text("x\ty\n1\t0.10\n")
    (tmp_path / "b.tsv").write_text("x\ty\n")
    (tmp_path / "c.tsv").write_text("x\ty\nNA\t2\n3\t4\n")
    assert join_tables([tmp_path / f"{name}.tsv" for name in "abc"], tmp_path / "out.tsv") == 3
    assert (tmp_path / "out.tsv").read_text() == "x\ty\n1\t0.10\nNA\t2\n3\t4\n"


@pytest.mark.parametrize(
    ("text", "message"), [("", "empty"), ("z\n1\n", "header differs"), ("x\n1", "cut off")]
)
def test_join_refuses_bad_tables(tmp_path, text, message):
    (tmp_path / "a.tsv").write_text("x\n1\n")
    (tmp_path / "b.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        join_tables([tmp_path / "a.tsv", tmp_path / "b.tsv"], tmp_path / "out.tsv")
