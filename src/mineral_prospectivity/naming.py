"""How members, packs and parts are called in the catalog, where pipelines meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


BATCH_TAG = "batch"
"""Tag of the nodes that a cloud runner may dispatch as jobs of their own."""


def member_name(member: int) -> str:
    """Return the catalog name of a member.

    Examples
    --------
    >>> member_name(7)
    'member_007'
    """
    return f"member_{member:03d}"


def pack_name(members: Sequence[int]) -> str:
    """Return the catalog name of the members that one node trains.

    Examples
    --------
    >>> pack_name([3]), pack_name(range(10))
    ('member_003', 'members_000_009')
    """
    if len(members) == 1:
        return member_name(members[0])
    return f"members_{members[0]:03d}_{members[-1]:03d}"


def part_name(part: int) -> str:
    """Return the catalog name of a part of the map.

    Examples
    --------
    >>> part_name(2)
    'part_002'
    """
    return f"part_{part:03d}"


def bundle_names(packs: Iterable[Sequence[int]]) -> list[str]:
    """Return the catalog names of all member bundles, in the members' order."""
    return [f"{member_name(member)}.bundle" for pack in packs for member in pack]
