import gzip
import zlib

import numpy as np
import pytest

from deepallele.allele.bgzf import DAMAGED, END_OF_FILE, BgzfWriter, open_bgzf


def read_all(path, threads):
    file, pieces = open_bgzf(path, threads), []
    while piece := file.read(1 << 22):
        pieces.append(piece)
    return b"".join(pieces)


def write(path, data, empty_block_at=None):
    with BgzfWriter(path) as file:
        file.write(data)
    if empty_block_at is not None:
        whole = path.read_bytes()
        size = int.from_bytes(whole[16:18], "little") + 1
        path.write_bytes(whole[:size] + END_OF_FILE + whole[size:])


def some_bytes(size, seed=0):
    rng = np.random.default_rng(seed)
    # Half of it can be compressed, half of it cannot.
    return rng.integers(0, 256, size // 2, dtype=np.uint8).tobytes() + bytes(size - size // 2)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("size", [0, 1, 0xFF00, 0xFF01, 40_000_000])
def test_gives_all_bytes_in_order(tmp_path, threads, size):
    data = some_bytes(size)
    write(tmp_path / "file", data)
    assert read_all(tmp_path / "file", threads) == data == gzip.decompress((tmp_path / "file").read_bytes())


def test_an_empty_block_in_the_middle_is_not_the_end(tmp_path):
    data = some_bytes(300_000)
    write(tmp_path / "file", data, empty_block_at=1)
    assert read_all(tmp_path / "file", 2) == data


@pytest.mark.parametrize("place", [0, 30, 70_000, -40])
def test_damage_is_an_error(tmp_path, place):
    write(tmp_path / "file", some_bytes(3_000_000))
    damaged = bytearray((tmp_path / "file").read_bytes())
    damaged[place] ^= 0xFF
    (tmp_path / "file").write_bytes(damaged)
    with pytest.raises(DAMAGED):
        read_all(tmp_path / "file", 2)


def test_a_missing_part_is_an_error(tmp_path):
    write(tmp_path / "file", some_bytes(3_000_000))
    whole = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(whole[: len(whole) // 2] + END_OF_FILE)
    with pytest.raises((EOFError, zlib.error)):
        read_all(tmp_path / "file", 2)
