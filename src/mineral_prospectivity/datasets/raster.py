"""Maps as Cloud-Optimised GeoTIFFs."""

from __future__ import annotations

from typing import Any

from kedro_datasets._typing import ImagePreview

from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.datasets.stored_file import RangedFiles
from mineral_prospectivity.geo.geotiff import read_geotiff, write_geotiff
from mineral_prospectivity.geo.raster import Raster


class RasterDataset(StoredDataset[Raster, Raster]):
    """A raster, read and written window by window, whatever its size.

    The file is a Cloud-Optimised GeoTIFF with overviews and statistics: float32 with NaN where
    there is no value or, for a raster with categories, bytes with a colour table. Its tags hold
    name, unit and description of every band. The same raster gives the same bytes. A remote file
    is copied once, and the copy is deleted with the last raster that reads it; or it is streamed.

    Parameters
    ----------
    filepath, **options
        As of every stored dataset.
    streamed
        Read the windows of a remote file where it lies, as they are asked for, instead of copying
        it whole: for a raster of which each reader needs a part, once.
    """

    def __init__(self, *, filepath: str, streamed: bool = False, **options: Any) -> None:
        super().__init__(filepath=filepath, **options)
        self._streamed = streamed and not self._file.local

    def load(self) -> Raster:
        """Return the raster; windows are read when they are asked for."""
        if self._streamed:
            self._file.require()
            opener = RangedFiles(self._file.files)
            return read_geotiff(self._file.url, origin=self._file.url, opener=opener)
        copy = self._file.fetch()
        return read_geotiff(copy.path, origin=self._file.url, keep=copy)

    def save(self, data: Raster) -> None:
        """Compute the raster window by window and write it."""
        with self._file.replaced() as path:
            write_geotiff(data, path)

    def preview(self) -> ImagePreview:
        """Return a small map of the first band for Kedro-Viz."""
        from mineral_prospectivity.reporting.preview import raster_preview

        return ImagePreview(raster_preview(self.load()))
