"""Helpers of the accuracy on the promoter assay: features, groups, intervals, against brute force."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "accuracy"))

from accuracy_bootstrap import bootstrap_r, interval, resamples
from accuracy_kmers import kmer_counts, predict_ridge
from accuracy_mpra import ACTIVITIES, encoded, gene, import_assay, repeated_variants, shared_groups
from accuracy_mpra_models import reference_only
from accuracy_mpra_scores import difference, measurements, score

from deepallele.dataset.ceiling import pearson
from deepallele.dataset.schema import TRAIN
from deepallele.genome.fasta import decode, encode

OLIGOS, LENGTH, K = 120, 60, 20


def random_codes(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 4, shape, dtype=np.uint8)


def substituted(codes):
    b = codes.copy()
    b[:, codes.shape[1] // 2] = (b[:, codes.shape[1] // 2] + 1) % 4
    return np.stack([codes, b], axis=1)


@pytest.fixture
def assay():
    """Pairs whose activity is the number of GATAA, and some noise; two oligos a gene."""
    rng = np.random.default_rng(1)
    sequence = random_codes((OLIGOS, LENGTH), 1)
    for row in range(OLIGOS):
        for place in rng.choice(12, rng.integers(0, 5), replace=False) * 5:
            sequence[row, place : place + 5] = encode("GATAA")
    texts = [[decode(side) for side in pair] for pair in substituted(sequence)]
    activity = np.array([[text.count("GATAA") + rng.normal(0, 0.1) for text in pair] for pair in texts])
    table = pd.DataFrame(texts, columns=["seq_BY", "seq_alt"]).assign(
        testName=[f"oligo {row}" for row in range(OLIGOS)]
    )
    table[list(ACTIVITIES)] = activity
    library = np.where(np.arange(OLIGOS) % 2, "one", "two")
    fdr = np.tile([0.01, 0.5, 0.5, 0.5, 0.5], OLIGOS // 5)
    return table.assign(library=library, FDR=fdr, measured=activity[:, 0] - activity[:, 1])


def test_kmers_are_those_of_brute_force():
    codes = random_codes((5, 30))
    codes[1, 12], codes[2, 25:] = 4, 4
    found = kmer_counts(codes, 3).toarray()
    for row in range(5):
        text, column = decode(codes[row]), 0
        for k in (1, 2, 3):
            for number in range(4**k):
                word = "".join("ACGT"[number // 4 ** (k - 1 - i) % 4] for i in range(k))
                expected = sum(text[i : i + k] == word for i in range(len(text) - k + 1))
                assert found[row, column] == expected, word
                column += 1
    assert column == found.shape[1]


def test_shared_sequence_and_labels_stay_together():
    pairs = substituted(random_codes((9, LENGTH)))
    pairs[1, :, 30:50] = pairs[0, :, 5:25]  # K bases on the same strand
    pairs[2, :, :K] = 3 - pairs[1, 0, 5 : 5 + K][::-1]  # on the other strand: joined through a third
    pairs[4, :, : K - 1] = pairs[3, 0, : K - 1]  # too few
    pairs[6, 1, 10 : 10 + K] = pairs[5, 1, 20 : 20 + K]  # of B only, with its variant
    pairs[7, :, 40:] = pairs[8, :, 40:] = 4
    pairs[7, :, 39], pairs[8, :, 38] = 4, 4  # unknown bases are not shared ones
    label = [*"abcdefghi"]
    group = shared_groups(pairs, label, K)
    assert group.tolist() == [0, 0, 0, 1, 2, 3, 3, 4, 5]
    label[8] = "d"
    assert shared_groups(pairs, label, K)[8] == 1


def test_groups_are_those_of_brute_force():
    rng = np.random.default_rng(5)
    pairs = substituted(random_codes((40, LENGTH), 2))
    for _ in range(25):
        one, two = rng.choice(40, 2, replace=False)
        size = int(rng.integers(K - 3, K + 3))
        piece = pairs[one, 0, 5 : 5 + size]
        pairs[two, :, 8 : 8 + size] = piece if rng.random() < 0.5 else 3 - piece[::-1]
    words = []
    for pair in pairs:
        strands = [decode(s) for side in pair for s in (side, 3 - side[::-1])]
        words.append({text[i : i + K] for text in strands for i in range(LENGTH - K + 1)})
    expected = np.arange(40)
    for one in range(40):
        for two in range(one):
            if words[one] & words[two]:
                expected[expected == expected[one]] = expected[two]
    group = shared_groups(pairs, list(map(str, range(40))), K)
    assert len(np.unique(expected)) < 35
    assert ((group[:, None] == group) == (expected[:, None] == expected)).all()


def test_labels_of_one_gene():
    assert gene("YAL061W_chrI_33070_A_T") == gene("YAL061W_5UTR") == gene("YAL061W") == "YAL061W"


def test_bootstrap_draws_whole_groups_and_the_same_each_time():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(40), 3)
    x = rng.normal(100, 1, 120)
    y = x + rng.normal(0, 1, 120)
    drawn = resamples(40, 200, 7)
    assert (drawn.sum(axis=1) == 40).all()
    assert (drawn == resamples(40, 200, 7)).all()
    assert (drawn != resamples(40, 200, 8)).any()
    values = bootstrap_r(x, y, group, drawn)
    for number in (0, 1, 199):
        rows = np.concatenate([np.flatnonzero(group == g).repeat(drawn[number, g]) for g in range(40)])
        assert values[number] == pytest.approx(np.corrcoef(x[rows], y[rows])[0, 1], abs=1e-9)
    low, high = interval(values)
    assert low < np.corrcoef(x, y)[0, 1] < high


def test_ridge_and_scores_out_of_fold(assay, tmp_path):
    group = np.arange(OLIGOS) // 2
    dataset = import_assay(assay, group, 3, tmp_path)
    assert dataset.region["name"].tolist() == assay["testName"].tolist()
    np.testing.assert_allclose(dataset.log_ratio(), assay["measured"], atol=1e-5)
    activity, alphas = predict_ridge(dataset)
    assert len(alphas) == 3
    fold = (dataset.split == 2).argmax(axis=0)
    assert all(len(np.unique(fold[group == one])) == 1 for one in np.unique(group))
    measured = measurements(assay, dataset.log_counts().astype(float), group, dataset.split, 1)
    assert (measured.fold == fold).all()
    assert measured.unseen.sum() == OLIGOS - (dataset.split == 1).sum()
    scores, draws = {}, {}
    generator = np.random.default_rng(0)
    for name, values in (("ridge", activity), ("noise", generator.normal(size=activity.shape))):
        scores[name], draws[name] = score(values, values[:, 0] - values[:, 1], measured)
    assert scores["ridge"]["activity"]["pooled"] > 0.5
    apart, alphas = predict_ridge(dataset, by_sample=True)
    assert len(alphas) == 6 and (apart != activity).all()
    for number, library in enumerate(("one", "two")):
        alone = assay[assay["library"] == library].reset_index(drop=True)
        assert dataset.sample[number] == library
        mine = (assay["library"] == library).to_numpy()
        assert np.isfinite(dataset.activity[mine, number]).all() and len(alone) == mine.sum()
        assert np.isnan(dataset.activity[~mine, number]).all()
        assert pearson(apart[mine].ravel(), dataset.log_counts()[mine].ravel()) > 0.5
    assert scores["ridge"]["skew_imbalanced"]["pairs"] == OLIGOS // 5
    low, high = scores["noise"]["activity"]["interval"]
    assert low < 0 < high
    assert difference(scores, draws, "ridge")["noise"]["interval"][0] > 0


def test_reference_only_training_sees_no_b(assay, tmp_path):
    dataset = import_assay(assay, np.arange(OLIGOS), 3, tmp_path)
    seen = reference_only(dataset, 1)
    train = dataset.split[1] == TRAIN
    assert (seen.sequence[train, 0] == seen.sequence[train, 1]).all()
    assert (seen.log_ratio()[train] == 0).all()
    assert (seen.sequence[~train] == dataset.sequence[~train]).all()
    assert (seen.log_counts()[~train] == dataset.log_counts()[~train]).all()
    assert (seen.sequence[:, 0] == dataset.sequence[:, 0]).all()


def test_variants_measured_again():
    """Of a variant in three oligos the first two count, and oligos that vary in two variants do not."""
    rows = [("v1", "one", 1, 0.5), ("v1", "two", 1, 0.4), ("v1", "two", 1, 9.0), ("v9;v1", "one", 2, 7.0)]
    for number, value in enumerate((0.1, -0.3, 0.8, 0.2), start=2):
        rows += [(f"v{number}", "one", 1, value), (f"v{number}", "one", 1, value / 2)]
    table = pd.DataFrame(rows, columns=["varied_variants", "library", "n_varied", "measured"])
    found = repeated_variants(table.assign(AveExpr=table["measured"]))
    assert found["variants"].tolist() == [5, 4, 1]
    assert found.loc["same library", "skew_r"] == pytest.approx(1)
    assert found.loc["same library", "skew_ceiling"] == pytest.approx(1)
    pairs = [(0.5, 0.4), *((value, value / 2) for value in (0.1, -0.3, 0.8, 0.2))]
    assert found.loc["any", "skew_r"] == pytest.approx(np.corrcoef(pairs, rowvar=False)[0, 1])


def test_codes_behind_the_last_base_are_unknown():
    codes = encoded(pd.DataFrame({"seq_BY": ["ACG", "A"], "seq_alt": ["T", "AC"]}))
    assert codes.tolist() == [[[0, 1, 2], [3, 4, 4]], [[0, 4, 4], [0, 1, 4]]]
