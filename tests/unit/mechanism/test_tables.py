import numpy as np
import pandas as pd
import pytest

from deepallele.mechanism.factors import COLUMNS, factor_enrichment
from deepallele.mechanism.tables import cluster_shares, mechanisms


def prediction():
    names = ["r0", "r1", "r2", "r3"]
    return pd.DataFrame(
        {
            "region": names,
            "chrom": "chr1",
            "start": [0, 100, 200, 300],
            "end": [50, 150, 250, 350],
            "fold": 0,
            "measured_log_ratio": [2.0, -2.0, 0.1, 1.5],
            "log_ratio": [1.0, -1.0, 0.0, 0.5],
            "z": [2.0, -2.0, 0.0, 1.7],
            "trusted": [True, True, False, True],
        }
    )


def variants():
    """Of r0 in a clustered and a stronger unclustered seqlet, of r1 in an unclustered one, of r2 in none."""
    return pd.DataFrame(
        {
            "region": ["r0", "r0", "r1", "r2"],
            "variant": ["chr1:6:A>C", "chr1:31:A>C", "chr1:106:A>C", "chr1:206:A>C"],
            "chrom": "chr1",
            "pos": [5, 30, 105, 205],
            "ref": "A",
            "alt": "C",
            "allele_a": "A",
            "allele_b": "C",
            "offset_a": [5, 30, 5, 5],
            "offset_b": [5, 30, 5, 5],
            "effect": [1.2, 0.1, -0.8, 0.3],
            "main": [True, False, True, True],
        }
    )


def seqlets():
    return pd.DataFrame(
        {
            "seqlet": [0, 1, 2, 3],
            "region": ["r0", "r0", "r1", "r2"],
            "haplotype": ["A", "B", "B", "A"],
            "start": [3, 3, 3, 10],
            "end": [9, 9, 9, 16],
            "mean_effect": [0.2, 0.9, -0.4, 0.5],
            "cluster": [1, -1, -1, 0],
        }
    )


def tomtom():
    return pd.DataFrame(
        {
            "motif": ["cluster_0", "cluster_1", "cluster_1", "modisco_pos_0"],
            "motif_id": ["MA1", "MA2", "MA3", "MA2"],
            "tf": ["YY1", "SPI1", "SPIB", "SPI1"],
            "p_value": [1e-5, 1e-6, 1e-4, 1e-9],
            "q_value": [1e-3, 1e-4, 1e-2, 1e-7],
            "rank": [1, 1, 2, 1],
        }
    )


@pytest.fixture
def mechanism():
    return mechanisms(prediction(), variants(), seqlets(), tomtom())


def test_one_row_per_region_in_order_and_clustered_seqlets_first(mechanism):
    assert mechanism["region"].tolist() == ["r0", "r1", "r2", "r3"]
    assert mechanism["predicted_log_ratio"].tolist() == [1.0, -1.0, 0.0, 0.5]
    assert mechanism["in_seqlet"].tolist() == [True, True, False, False]
    assert mechanism["in_motif"].tolist() == [True, False, False, False]
    first = mechanism.iloc[0]
    assert (first["variant"], first["seqlet"], first["cluster"], first["haplotype"]) == (
        "chr1:6:A>C",
        0,
        1,
        "A",
    )
    assert (first["motif"], first["tf"], first["tf_q"]) == ("cluster_1", "SPI1", 1e-4)
    assert mechanism["seqlet"].iloc[1] == 2 and pd.isna(mechanism["cluster"].iloc[1])
    assert pd.isna(mechanism["variant"].iloc[3])


def test_main_variant_alone_is_used(mechanism):
    changed = variants().assign(main=[False, True, True, True])
    again = mechanisms(prediction(), changed, seqlets(), tomtom())
    assert again["variant"].iloc[0] == "chr1:31:A>C" and not again["in_seqlet"].iloc[0]


def test_cluster_shares_add_up_to_all_main_variants(mechanism):
    table = cluster_shares(mechanism, 2)
    assert table["cluster"].tolist() == [0, 1, -1]
    assert table["n_main"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(table["share_main"], [0, 1 / 3, 2 / 3])
    np.testing.assert_allclose(table["share_outside"], 2 / 3)
    assert table["n_trusted"].tolist() == [0, 1, 1]
    assert table["n_positive"].tolist() == [0, 1, 1] and table["n_negative"].tolist() == [0, 0, 1]
    assert table["tf"].iloc[1] == "SPI1"


def test_no_seqlet_no_variant_no_name():
    empty = mechanisms(prediction(), variants().iloc[:0], seqlets().iloc[:0], tomtom().iloc[:0])
    assert len(empty) == 4 and not empty["in_motif"].any()
    table = cluster_shares(empty, 0)
    assert table["cluster"].tolist() == [-1] and table["share_main"].isna().all()
    assert list(factor_enrichment(empty, tomtom()).columns) == COLUMNS


def _affected(*motifs):
    n = len(motifs)
    return pd.DataFrame(
        {"variant": ["v"] * n, "trusted": [True, False] * (n // 2) + [True] * (n % 2), "motif": motifs}
    )


def test_factor_scores_by_hand_and_greedy_groups():
    matches = pd.DataFrame(
        {
            "motif": ["cluster_0", "cluster_0", "cluster_1", "cluster_1", "cluster_2"],
            "tf": ["SPI1", "SPIB", "SPIB", "ELF1", "CTCF"],
            "p_value": [1e-8, 1e-6, 1e-7, 1e-2, 1e-20],
        }
    )
    table = factor_enrichment(_affected("cluster_0", "cluster_0", "cluster_1", "cluster_1", None), matches)
    # SPI1 16, SPIB 12 + 14 = 26, ELF1 4; CTCF's cluster has no affected seqlet
    assert table["name"].tolist() == ["SPIB-like"]
    np.testing.assert_allclose(table["score"], 26)
    assert table["clusters"].tolist() == ["0,1"] and table["n_clusters"].tolist() == [2]
    assert table["n_regions"].tolist() == [4] and table["share"].tolist() == [0.8]


def test_a_factor_named_later_scores_only_by_the_clusters_left():
    matches = pd.DataFrame(
        {
            "motif": ["cluster_0", "cluster_0", "cluster_1", "cluster_1"],
            "tf": ["SPI1", "SPIB", "SPIB", "YY1"],
            "p_value": [1e-8, 1e-1, 1e-2, 1e-3],
        }
    )
    table = factor_enrichment(_affected("cluster_0", "cluster_1"), matches)
    assert table["tf"].tolist() == ["SPI1", "YY1"]
    np.testing.assert_allclose(table["score"], [8, 3])


def test_p_value_0_and_repeated_matrices_of_one_factor():
    matches = pd.DataFrame(
        {"motif": ["cluster_0"] * 2, "tf": ["CTCF"] * 2, "p_value": [0.0, 1e-5]},
    )
    table = factor_enrichment(_affected("cluster_0"), matches)
    np.testing.assert_allclose(table["score"], 300)
