"""From what people call layers and classes to names of layers and bands."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "ł": "l"}
)
ACCENTS = re.compile(r"(?<=[0-9a-z])[\u0300-\u036f]+")


def slug(text: str) -> str:
    """Return a text as a name holds it: small letters of any script, digits, underscores.

    Examples
    --------
    >>> slug("Granite (I-type)"), slug("Métasédiments"), slug("Größe"), slug("Гранит 2")
    ('granite_i_type', 'metasediments', 'groesse', 'гранит_2')
    """
    spelled = unicodedata.normalize("NFC", text.lower()).translate(SPELLED)
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", spelled))
    words = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else "_"
        for letter in unicodedata.normalize("NFC", plain)
    )
    return re.sub("_+", "_", words).strip("_")


def layer_name(text: str) -> str:
    """Return a name that a layer may have: entries of the catalog take ASCII alone.

    Examples
    --------
    >>> layer_name("1. Größe der Störungen (km)"), layer_name("Разломы 2019")
    ('layer_1_groesse_der_stoerungen_km', 'layer_2019')
    """
    name = slug(slug(text).encode("ascii", "ignore").decode())
    return name if name[:1].isalpha() else f"layer_{name}".rstrip("_")


def first_clash(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two classes whose bands would have one name, None where all differ.

    Examples
    --------
    >>> first_clash(["Shale", "granite", "shale "]), first_clash(["Shale", "granite"])
    (('Shale', 'shale '), None)
    """
    taken: dict[str, str] = {}
    for name in names:
        other = taken.setdefault(class_name(name), name)
        if other != name:
            return other, name
    return None


def clash_words(one: str, other: str) -> str:
    """Return what is wrong with two classes whose bands would have one name."""
    return f"classes {one!r} and {other!r} would give bands of one name. Rename one"


def class_name(text: str) -> str:
    """Return a class as it appears in the name of its band.

    Examples
    --------
    >>> class_name("Granite (I-type)"), class_name("花岗岩"), class_name("?")
    ('granite_i_type', '花岗岩', 'unnamed')
    """
    return slug(text) or "unnamed"
