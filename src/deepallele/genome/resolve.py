"""Which calls can be applied together: overlaps within a haplotype, and what both haplotypes carry."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from deepallele.genome.alleles import Skip, is_anchored_indel
from deepallele.genome.calls import Call, Place, SkipFunction


class Variant(NamedTuple):
    """A chosen biallelic variant, and per haplotype (A, B) whether it carries it (1) or not (0)."""

    place: Place
    alleles: tuple[int, int]


class _Frozen:
    """What the variants already applied to one haplotype forbid to the next one."""

    def __init__(self) -> None:
        self.last = -1
        self.inserted = False
        self.here: set[Place] = set()

    def admit(self, variant: Place) -> Skip | None:
        """Take a variant, or say why not: the rule of `bcftools consensus`.

        A variant must start behind the last reference base of the one before. Only an indel may have
        its anchor there, as the anchor does not change, unless the one before inserts at the same place.
        """
        anchored = is_anchored_indel(variant.ref, variant.alt)
        free = variant.position > self.last
        if not free and not (anchored and variant.position == self.last and not self.inserted):
            return Skip.DUPLICATE if variant in self.here else Skip.OVERLAP
        if not any(place.position == variant.position for place in self.here):
            self.here.clear()
        self.here.add(variant)
        self.last = variant.position + len(variant.ref) - 1
        self.inserted = len(variant.alt) > len(variant.ref)
        return None


class _Contig:
    """Calls of one contig that are not decided yet, and what earlier ones mean for them."""

    def __init__(self, skip: SkipFunction) -> None:
        self._skip = skip
        self._frozen = (_Frozen(), _Frozen())
        self._pending: list[tuple[int, bool, int, Call]] = []
        # Side, position and REF of records at which a haplotype's allele is not known.
        self._unknown: set[tuple[int, int, str]] = set()
        self._serial = 0
        self._last = -1

    def add(self, call: Call) -> Iterator[Variant]:
        """Take the next call, and give the variants that are settled by its position."""
        position = call.record.position
        if position > self._last:
            # Anchoring moves an indel one base to the left at most: nothing before that can still come.
            yield from self.settle(position - 1)
            if not self._pending:
                self._unknown.clear()
            self._last = position
        if call.variant is None:
            self._unknown.add((call.side, position, call.record.ref))
            return
        self._serial += 1
        anchored = is_anchored_indel(call.variant.ref, call.variant.alt)
        heappush(self._pending, (call.variant.position, anchored, self._serial, call))

    def settle(self, limit: int | None = None) -> Iterator[Variant]:
        """Decide on the pending calls before `limit` (None: all), one position at a time."""
        while self._pending and (limit is None or self._pending[0][0] < limit):
            position = self._pending[0][0]
            chosen: dict[Place, list[int]] = {}
            while self._pending and self._pending[0][0] == position:
                self._decide(heappop(self._pending)[-1], chosen)
            # Not in the order of the calls, in which the first haplotype comes first.
            for place in sorted(chosen, key=lambda place: (is_anchored_indel(place.ref, place.alt), place)):
                yield Variant(place, (chosen[place][0], chosen[place][1]))

    def _decide(self, call: Call, chosen: dict[Place, list[int]]) -> None:
        variant, record = call.variant, call.record
        assert variant is not None
        reason: Skip | None = Skip.OTHER_UNKNOWN
        if (1 - call.side, record.position, record.ref) not in self._unknown:
            reason = self._frozen[call.side].admit(variant)
        if reason is None:
            chosen.setdefault(variant, [0, 0])[call.side] = 1
        else:
            self._skip(call.side, record, reason)


def resolve(calls: Iterable[Call], skip: SkipFunction) -> Iterator[Variant]:
    """Leave out overlaps within each haplotype and join what both haplotypes carry.

    A variant of one haplotype is left out, too, where the other one's allele is not known: it would pass
    for a difference between the two.

    Parameters
    ----------
    calls
        Calls contig by contig, sorted by the position of their record.
    skip
        Called with side, record and reason for each call that is left out.

    Yields
    ------
    Variant
        Sorted by position within each contig. At one position base changes come before indels that
        are anchored on the base, so that both can be applied; otherwise the order is that of the alleles,
        and the same for both orders of the haplotypes.
    """
    name, contig = "", _Contig(skip)
    for call in calls:
        if call.contig != name:
            yield from contig.settle()
            name, contig = call.contig, _Contig(skip)
        yield from contig.add(call)
    yield from contig.settle()
