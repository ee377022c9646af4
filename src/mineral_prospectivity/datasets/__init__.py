"""Kedro datasets of this project, each in one file that is replaced in one step."""

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.datasets.documents import JSONDataset, TextDataset
from mineral_prospectivity.datasets.evidence_layer import EvidenceLayerDataset
from mineral_prospectivity.datasets.raster import RasterDataset
from mineral_prospectivity.datasets.table import TableDataset
from mineral_prospectivity.datasets.vector import VectorDataset

if TYPE_CHECKING:
    from mineral_prospectivity.datasets.bundle import MemberBundleDataset

__all__ = [
    "EvidenceLayerDataset",
    "JSONDataset",
    "MemberBundleDataset",
    "RasterDataset",
    "TableDataset",
    "TextDataset",
    "VectorDataset",
]


def __getattr__(name: str) -> Any:
    """Import the member bundle only where it is used: it alone needs torch."""
    if name == "MemberBundleDataset":
        from mineral_prospectivity.datasets.bundle import MemberBundleDataset

        return MemberBundleDataset
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
