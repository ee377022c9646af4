"""How members and packs are called in the catalog: the names by which pipelines meet there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


def bundle_names(packs: Iterable[Sequence[int]]) -> list[str]:
    """Return the catalog names of all member bundles, in the members' order."""
    return [f"{member_name(member)}.bundle" for pack in packs for member in pack]
