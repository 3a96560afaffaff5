"""The coordinate map between the reference and one haplotype."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.compressed import open_binary
from deepallele.errors import InputError

_HEADER_FIELDS = 13
_MEND = "make it again with `bcftools consensus --chain`"

Positions = NDArray[np.int64]


class _Contig(NamedTuple):
    """Ungapped blocks of one contig, and its two lengths."""

    reference_start: Positions
    haplotype_start: Positions
    length: Positions
    reference_length: int
    haplotype_length: int


class HaplotypeMap:
    """Coordinate map between the reference and one haplotype; positions are 0-based.

    Parameters
    ----------
    contigs
        Per contig name its ungapped blocks, sorted, without empty ones, and the lengths of the
        contig in the reference and in the haplotype. Use `from_chain`.
    """

    def __init__(self, contigs: dict[str, _Contig]) -> None:
        self._contigs = contigs

    @classmethod
    def from_chain(cls, path: str | Path) -> "HaplotypeMap":
        """Read the UCSC chain (plain or gzip) that `bcftools consensus --chain` writes.

        The first sequence of each chain is the reference, the second the haplotype. Format:
        https://genome.ucsc.edu/goldenPath/help/chain.html

        Raises
        ------
        InputError
            If the file is no chain, lists a contig twice, or has a chain that does not span its contig.
        """
        chains = [chain for chain in _read_text(path).split("\n\n") if chain.strip()]
        if not chains:
            raise InputError(f"{path}: no chain in the file; {_MEND}")
        contigs: dict[str, _Contig] = {}
        for chain in chains:
            name, contig = _parse_chain(chain.strip(), path)
            if name in contigs:
                raise InputError(f"{path}: contig '{name}' has two chains; {_MEND}")
            contigs[name] = contig
        return cls(contigs)

    @property
    def contigs(self) -> list[str]:
        """Names of the contigs, in the order of the file."""
        return list(self._contigs)

    def reference_length(self, contig: str) -> int:
        """Length of a contig in the reference (bp)."""
        return self._contig(contig).reference_length

    def haplotype_length(self, contig: str) -> int:
        """Length of a contig in the haplotype (bp)."""
        return self._contig(contig).haplotype_length

    def blocks(self, contig: str) -> NDArray[np.int64]:
        """Give the ungapped blocks of a contig.

        Returns
        -------
        ndarray of int64, shape (n, 3)
            Reference start, haplotype start and length of each block, sorted by start.
        """
        blocks = self._contig(contig)
        return np.column_stack([blocks.reference_start, blocks.haplotype_start, blocks.length])

    def to_haplotype(self, contig: str, position: Positions) -> tuple[Positions, NDArray[np.bool_]]:
        """Map reference positions to the haplotype.

        Parameters
        ----------
        contig
            Name of the contig.
        position
            0-based reference positions, any shape; the length of the contig (an end) is allowed.

        Returns
        -------
        position : ndarray of int64
            Haplotype positions. A base without a partner in the haplotype maps to the partner of the
            next reference base that has one, or to the haplotype's length where none follows. An end
            at the contig's length maps to the haplotype's length.
        exact : ndarray of bool
            Whether the base itself exists in the haplotype.

        Raises
        ------
        InputError
            If the map has no such contig.
        ValueError
            If a position is outside the contig.
        """
        blocks = self._contig(contig)
        ends = (blocks.reference_length, blocks.haplotype_length)
        return _shift(position, blocks.reference_start, blocks.haplotype_start, blocks.length, *ends)

    def to_reference(self, contig: str, position: Positions) -> tuple[Positions, NDArray[np.bool_]]:
        """Map haplotype positions to the reference; the mirror image of `to_haplotype`."""
        blocks = self._contig(contig)
        ends = (blocks.haplotype_length, blocks.reference_length)
        return _shift(position, blocks.haplotype_start, blocks.reference_start, blocks.length, *ends)

    def _contig(self, name: str) -> _Contig:
        try:
            return self._contigs[name]
        except KeyError:
            raise InputError(
                f"no contig '{name}' in the haplotype map; is the file of the same assembly?"
            ) from None


def _shift(
    position: Positions,
    source: Positions,
    target: Positions,
    length: Positions,
    source_end: int,
    target_end: int,
) -> tuple[Positions, NDArray[np.bool_]]:
    position = np.asarray(position, dtype=np.int64)
    if position.size and (position.min() < 0 or position.max() > source_end):
        worst = position.min() if position.min() < 0 else position.max()
        raise ValueError(f"position {worst} is outside the contig of length {source_end}")
    # An empty block behind the last base stands for the contig's end.
    source = np.append(source, source_end)
    target = np.append(target, target_end)
    length = np.append(length, 0)
    block = np.searchsorted(source, position, side="right") - 1
    # Before the first block there is none: -1 wraps to the end block, whose `exact` is False.
    offset = position - source[block]
    exact = (block >= 0) & (offset < length[block])
    # From a gap, go to the start of the next block. The end block has no next one.
    following = np.minimum(block + 1, len(source) - 1)
    return np.where(exact, target[block] + offset, target[following]), exact


def _read_text(path: str | Path) -> str:
    with open_binary(path) as file:
        data = file.read()
    if not data.isascii():
        raise InputError(f"{path}: no text, so no chain; {_MEND}")
    return data.decode()


def _parse_chain(chain: str, path: str | Path) -> tuple[str, _Contig]:
    header, _, body = chain.partition("\n")
    fields = header.split()
    try:
        if len(fields) != _HEADER_FIELDS or fields[0] != "chain":
            raise ValueError
        reference_length, reference_start, reference_end = (int(fields[i]) for i in (3, 5, 6))
        haplotype_length, haplotype_start, haplotype_end = (int(fields[i]) for i in (8, 10, 11))
        numbers = np.array(body.split(), dtype=np.int64)
        if len(numbers) % 3 != 1:
            raise ValueError
    except ValueError:
        raise InputError(f"{path}: not a chain: {header[:60]!r}; {_MEND}") from None
    length = numbers[0::3]
    starts = [np.concatenate([[0], np.cumsum(length[:-1] + numbers[gap::3])]) for gap in (1, 2)]
    spans = [int(start[-1] + length[-1]) for start in starts]
    whole = reference_start == haplotype_start == 0 and fields[4] == fields[9] == "+"
    whole = whole and spans == [reference_length, haplotype_length] == [reference_end, haplotype_end]
    if not whole or numbers.min() < 0:
        raise InputError(f"{path}: the chain of contig '{fields[2]}' does not span the whole contig; {_MEND}")
    kept = length > 0
    return fields[2], _Contig(
        starts[0][kept], starts[1][kept], length[kept], reference_length, haplotype_length
    )
