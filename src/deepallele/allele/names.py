"""Hashes of read names and other short texts, the same on every machine."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


def name_words(names: list[str]) -> NDArray[np.uint64]:
    """Names as uint64 (n, words), eight bytes a word, padded with zeros, as `Records.name_words`."""
    encoded = [name.encode() for name in names]
    words = -(-max(map(len, encoded)) // 8)
    padded = b"".join(name.ljust(8 * words, b"\0") for name in encoded)
    return np.frombuffer(padded, dtype="<u8").reshape(-1, words)


def text_words(
    data: NDArray[np.uint8], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Texts `data[begin[i] : end[i]]` as uint64 (n, words), eight bytes a word, padded with zeros."""
    return _fill_words(data, begin, end, -(-int((end - begin).max(initial=0)) // 8))


@njit(cache=True)
def _fill_words(data, begin, end, words):  # type: ignore[no-untyped-def]
    result = np.zeros((len(begin), words), dtype=np.uint64)
    for index in range(len(begin)):
        for place in range(end[index] - begin[index]):
            letter = np.uint64(data[begin[index] + place])
            result[index, place >> 3] |= letter << np.uint64(8 * (place & 7))
    return result


def hash_names(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash read names to 64 bits, the same on every machine.

    Parameters
    ----------
    words
        uint64 (n, words): names padded with zeros, as `Records.name_words`; more padding does not
        change the hash.

    Returns
    -------
    NDArray[np.uint64]
        (n,). Each word is folded in by multiplication, and the last step mixes all bits (the finaliser of
        MurmurHash3, A. Appleby, public domain).
    """
    value = np.full(len(words), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for word in words.T:
        mixed = (value ^ word) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= mixed >> np.uint64(29)
        value = np.where(word != 0, mixed, value)
    for multiplier in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = (value ^ (value >> np.uint64(33))) * np.uint64(multiplier)
    return value ^ (value >> np.uint64(33))
