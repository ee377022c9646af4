"""Kedro datasets of this project, whose files are replaced in one step.

Each is imported where it is used: a node that reads tables needs neither torch nor GDAL.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mineral_prospectivity.datasets.bundle import MemberBundleDataset
    from mineral_prospectivity.datasets.checkpoint import CheckpointDataset
    from mineral_prospectivity.datasets.documents import BinaryDataset, JSONDataset, TextDataset
    from mineral_prospectivity.datasets.evidence_layer import EvidenceLayerDataset
    from mineral_prospectivity.datasets.raster import RasterDataset
    from mineral_prospectivity.datasets.table import TableDataset
    from mineral_prospectivity.datasets.timings import TimingsDataset
    from mineral_prospectivity.datasets.vector import VectorDataset

__all__ = [
    "BinaryDataset",
    "CheckpointDataset",
    "EvidenceLayerDataset",
    "JSONDataset",
    "MemberBundleDataset",
    "RasterDataset",
    "TableDataset",
    "TextDataset",
    "TimingsDataset",
    "VectorDataset",
]

_MODULES = {
    "BinaryDataset": "documents",
    "CheckpointDataset": "checkpoint",
    "EvidenceLayerDataset": "evidence_layer",
    "JSONDataset": "documents",
    "MemberBundleDataset": "bundle",
    "RasterDataset": "raster",
    "TableDataset": "table",
    "TextDataset": "documents",
    "TimingsDataset": "timings",
    "VectorDataset": "vector",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
