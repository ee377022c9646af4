"""Evidence layers: entries of the catalog that say what a file shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError
from kedro_datasets._typing import ImagePreview

from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.errors import LayerError, StorageError
from mineral_prospectivity.geo.layers import EvidenceLayer, LayerSpec
from mineral_prospectivity.geo.names import layer_name

if TYPE_CHECKING:
    from collections.abc import Mapping


class EvidenceLayerDataset(StoredDataset[EvidenceLayer, EvidenceLayer]):
    """A raw layer and what it shows; it is only read.

    Parameters
    ----------
    filepath, credentials, fs_args, metadata
        As of every stored dataset.
    name
        Name of the layer, from which its bands are named; by default the name of the file.
    **fields
        What the file shows: the fields of `mineral_prospectivity.geo.layers.LayerSpec`.

    Examples
    --------
    In a catalog::

        layer.magnetics:
          type: mineral_prospectivity.datasets.EvidenceLayerDataset
          filepath: data/01_raw/magnetics.tif
          kind: continuous
          unit: nT
          derive: [gradient, {neighbourhood: [1500, 3000]}]
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        name: str | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(
            filepath=filepath, credentials=credentials, fs_args=fs_args, metadata=metadata
        )
        self._spec = LayerSpec.declare(name or layer_name(self._file.stem), **fields)

    def load(self) -> EvidenceLayer:
        """Return the layer; its values are read when evidence is made of it."""
        try:
            copy = self._file.fetch(beside=True)
        except StorageError as error:
            msg = f"layer {self._spec.name!r}: {error}"
            raise LayerError(msg) from None
        return EvidenceLayer(self._spec, copy.path, self._file.url, keep=copy)

    def save(self, data: EvidenceLayer) -> None:
        """Refuse: raw layers are never written."""
        msg = f"{self._file.url}: evidence layer {data.name!r} is raw data and is never written"
        raise DatasetError(msg)

    def preview(self) -> ImagePreview:
        """Return a small picture of the file for Kedro-Viz."""
        from mineral_prospectivity.reporting.preview import layer_preview

        return ImagePreview(layer_preview(self.load()))

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "name": self._spec.name, "kind": self._spec.kind}

    def _init_config(self) -> dict[str, Any]:
        """Return the entry as it was declared, the fields of the layer not in a group."""
        config = super()._init_config()
        fields = config.pop("fields")
        return {**config, **fields}
