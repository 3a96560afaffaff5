import pytest

from deepallele.effects.chunk import chunk_rows
from deepallele.errors import InputError


@pytest.mark.parametrize(("n", "chunks"), [(10, 1), (10, 3), (4800, 4), (2, 5), (0, 2)])
def test_chunks_cover_every_row_once(n, chunks):
    rows = [row for i in range(1, chunks + 1) for row in chunk_rows(f"{i}-of-{chunks}", n)]
    assert rows == list(range(n))


def test_chunks_are_of_like_size():
    sizes = [len(chunk_rows(f"{i}-of-7", 100)) for i in range(1, 8)]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("text", ["0-of-4", "5-of-4", "1/4", "", "1-of-0", "a-of-b"])
def test_bad_chunk_is_refused(text):
    with pytest.raises(InputError, match="--chunk"):
        chunk_rows(text, 10)
