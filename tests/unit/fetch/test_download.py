"""Downloads from a server on this machine: resumed, retried, checked, never half in place."""

import hashlib
import json
import random

import pytest
from web import serve

from deepallele.errors import InputError
from deepallele.fetch.checksum import find_checksum, parse_checksum
from deepallele.fetch.download import download

DATA = random.Random(1).randbytes(200_000)
MD5, SHA256 = (f"{kind}:{hashlib.new(kind, DATA).hexdigest()}" for kind in ("md5", "sha256"))


@pytest.fixture
def site():
    with serve() as one:
        one.files["/big.bin"] = DATA
        yield one


def fetch(site, path, checksum=MD5, **more):
    return download(f"{site.url}/big.bin", path, checksum, pause=0.0, **more)


@pytest.mark.parametrize("checksum", [MD5, SHA256])
def test_a_file_is_fetched_and_checked(site, tmp_path, checksum):
    said = fetch(site, tmp_path / "sub dir" / "a.bin", checksum)
    assert (tmp_path / "sub dir" / "a.bin").read_bytes() == DATA
    assert checksum in said
    assert [path.name for path in (tmp_path / "sub dir").iterdir()] == ["a.bin"]
    assert "there already" in fetch(site, tmp_path / "sub dir" / "a.bin", checksum)
    assert len(site.asked) == 1, "what is there with the right sum is not fetched again"


def test_a_broken_transfer_is_gone_on_from_where_it_broke(site, tmp_path):
    site.breaks["/big.bin"] = [50_000, 60_000]
    fetch(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA
    assert [span for _, span in site.asked] == [None, "bytes=50000-", "bytes=110000-"]


def test_what_arrived_is_kept_for_the_next_run(site, tmp_path):
    site.breaks["/big.bin"] = [50_000, 60_000]
    with pytest.raises(InputError, match="cannot be fetched, 2 of 2 tries"):
        fetch(site, tmp_path / "a.bin", tries=2)
    assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin.part").stat().st_size == 110_000
    fetch(site, tmp_path / "a.bin")
    assert site.asked[-1][1] == "bytes=110000-"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_server_that_cannot_resume_sends_all_of_it_again(site, tmp_path):
    site.ranges, site.breaks["/big.bin"] = False, [50_000]
    fetch(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA


def test_a_wrong_checksum_is_refused_with_both_sums(site, tmp_path):
    (tmp_path / "a.bin").write_text("older file")
    wrong = "md5:" + "0" * 32
    with pytest.raises(InputError) as caught:
        fetch(site, tmp_path / "a.bin", wrong)
    assert wrong in str(caught.value)
    assert MD5 in str(caught.value)
    assert (tmp_path / "a.bin").read_text() == "older file"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_left_over_of_another_file_does_no_harm(site, tmp_path):
    (tmp_path / "a.bin.part").write_bytes(b"x" * 300_000)
    fetch(site, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == DATA
    (tmp_path / "b.bin.part").write_bytes(DATA)
    fetch(site, tmp_path / "b.bin")
    assert (tmp_path / "b.bin").read_bytes() == DATA


def test_what_the_server_refuses_is_not_tried_again(site, tmp_path):
    with pytest.raises(InputError, match=r"cannot be fetched, 1 of 5 tries: .*404"):
        download(f"{site.url}/none.bin", tmp_path / "a.bin", MD5, pause=0.0)
    assert len(site.asked) == 1
    with pytest.raises(InputError, match="cannot be fetched, 2 of 2 tries"):
        download("http://127.0.0.1:9/none.bin", tmp_path / "a.bin", MD5, tries=2, pause=0.0)
    assert list(tmp_path.iterdir()) == []


def test_the_sum_may_be_looked_up_beside_the_file(site, tmp_path):
    value = MD5.removeprefix("md5:")
    site.files["/md5sum.txt"] = f"{'1' * 32}  other.bin\n{value}  ./big.bin\n".encode()
    site.files["/big.bin.md5"] = f"{value}\n".encode()
    site.files["/list"] = json.dumps(
        [{"id": 7, "computed_md5": value}, {"id": 8, "computed_md5": "0" * 32}]
    ).encode()
    site.files["/files/7"] = DATA
    for name in ("md5sum.txt", "big.bin.md5"):
        fetch(site, tmp_path / name, f"{site.url}/{name}")
    download(f"{site.url}/files/7", tmp_path / "seven", f"{site.url}/list", pause=0.0)
    assert all(path.read_bytes() == DATA for path in tmp_path.iterdir())
    with pytest.raises(InputError, match=r"no checksum of file 9; it lists 7, 8"):
        find_checksum(site.files["/list"].decode(), "https://x/files/9", "https://x/list")
    with pytest.raises(InputError, match=r"no checksum of 'a\.bin' among 2"):
        find_checksum(site.files["/md5sum.txt"].decode(), "https://x/a.bin", "https://x/md5sum.txt")


def test_a_file_without_a_sum_is_fetched_and_its_sum_told(site, tmp_path):
    assert fetch(site, tmp_path / "a.bin", None).endswith(f"{SHA256} (not checked: none is given)")


@pytest.mark.parametrize(
    "text", ["md5:12", "sha1:" + "0" * 40, "0" * 32, "md5:" + "0" * 64, "md5:" + "g" * 32]
)
def test_what_is_no_checksum_is_refused(text):
    with pytest.raises(InputError, match="expected md5: with 32 or sha256: with 64"):
        parse_checksum(text)
