import numpy as np
import pysam
import pytest
from allele_records import UNALIGNED, Read, describe_bam, pair, run, write_bam

from deepallele.allele.names import hash_names, name_words
from deepallele.allele.outcome import Settings, Umi
from deepallele.allele.umi import hash_umis
from deepallele.errors import InputError

NAME, TAG = Settings(umi=Umi.NAME), Settings(umi=Umi.TAG)


def hashes(tmp_path, names, settings=NAME, umis=None):
    reads = [[Read(pos=100, umi=umi)] for umi in umis or [None] * len(names)]
    records = describe_bam(write_bam(tmp_path / "a.bam", "A", reads, names), "A", 1).records
    return hash_umis(records, np.arange(len(names)), settings).tolist()


def hashes_of(*umis):
    return [int(hash_names(name_words([umi]))[0]) for umi in umis]


def test_umis_at_the_end_of_the_name(tmp_path):
    names = ["r1:7:ACGT", "r2:7_TTGA", "r3_ACGT", "r4:ACGT+TTGA", "r5:AAAACCCCGGGGTTTTN", "_ACGT"]
    expected = hashes_of("ACGT", "TTGA", "ACGT", "ACGT+TTGA", "AAAACCCCGGGGTTTTN", "ACGT")
    assert hashes(tmp_path, names) == expected


def test_separators_can_be_chosen(tmp_path):
    names = ["r1:ACGT_TTGA", "r2.x:AC_GT"]
    assert hashes(tmp_path, names) == hashes_of("TTGA", "GT")
    only_colon = Settings(umi=Umi.NAME, umi_separators=":")
    assert hashes(tmp_path, names, only_colon) == hashes_of("ACGT_TTGA", "AC_GT")


def test_umis_in_a_tag(tmp_path):
    assert hashes(tmp_path, ["r1", "r2:7"], TAG, ["ACGT", "ACGT-TTGA"]) == hashes_of("ACGT", "ACGT-TTGA")


def test_no_umis(tmp_path):
    assert hashes(tmp_path, ["r1", "r2"], Settings()) == [0, 0]
    assert hashes(tmp_path, [], NAME) == []


@pytest.mark.parametrize("name", ["plain", "ACGTA", "lane:1101:2005", "r1:", "r1_AC.GT"])
def test_a_name_without_umi_is_told(tmp_path, name):
    message = f"read {name}: no UMI .* behind the last of the characters '_:' of its name; set allele.umi"
    with pytest.raises(InputError, match=message):
        hashes(tmp_path, ["r0:ACGT", name])


@pytest.mark.parametrize("umi", [None, "", "AC GT"])
def test_a_tag_without_umi_is_told(tmp_path, umi):
    with pytest.raises(InputError, match=r"read r1: no UMI .* in its RX tag"):
        hashes(tmp_path, ["r0", "r1"], TAG, ["ACGT", umi])


def test_pairs_with_other_umis_are_no_duplicates(tmp_path):
    names = ["r1:AC", "r2:AC", "r3:GT", "r4:GT", "r5:GT"]
    templates = [pair(100)] * 5
    stats, _ = run(tmp_path / "x", templates, templates, names=names)
    assert (stats["ambiguous"], stats["duplicates"]) == (1, 4)
    stats, records = run(tmp_path / "y", templates, templates, names=names, settings=NAME)
    assert (stats["ambiguous"], stats["duplicates"]) == (2, 3)
    assert {record.query_name[-2:] for record in records} == {"AC", "GT"}
    apart, _ = run(
        tmp_path / "z", [pair(100), pair(101)], [pair(100), pair(101)], names=names[:2], settings=NAME
    )
    assert apart["duplicates"] == 0


def test_tags_are_kept_in_the_output(tmp_path):
    templates = [pair(100, umi="AC"), pair(100, umi="AC"), pair(100, umi="GT")]
    stats, records = run(tmp_path / "x", templates, templates, settings=TAG)
    assert stats["duplicates"] == 1
    assert sorted(record.get_tag("RX") for record in records) == ["AC", "AC", "GT", "GT"]


def test_reads_that_are_dropped_anyway_need_none(tmp_path):
    templates = [pair(100), [UNALIGNED, UNALIGNED]]
    stats, _ = run(tmp_path / "x", templates, templates, names=["r1:AC", "plain"], settings=NAME)
    assert (stats["ambiguous"], stats["unaligned"]) == (1, 1)
    with pytest.raises(InputError, match="read plain: no UMI"):
        run(tmp_path / "y", templates[:1] * 2, templates[:1] * 2, names=["r1:AC", "plain"], settings=NAME)


def test_single_reads_have_umis_too(tmp_path):
    templates = [[Read(pos=100)]] * 3
    stats, _ = run(tmp_path / "x", templates, templates, names=["a_AC", "b_AC", "c_GT"], settings=NAME)
    assert (stats["ambiguous"], stats["duplicates"]) == (2, 1)
    with pysam.AlignmentFile(str(tmp_path / "x" / "s.bam")) as file:
        assert {record.query_name[-2:] for record in file} == {"AC", "GT"}
