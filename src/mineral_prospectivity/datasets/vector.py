"""Points, lines and polygons."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd
import pyogrio
from kedro.io import DatasetError
from kedro_datasets._typing import TablePreview
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.errors import ConfigurationError, DepositError, own_words
from mineral_prospectivity.geo.array_folder import read_array_folder
from mineral_prospectivity.geo.columns import numbers
from mineral_prospectivity.geo.formats import is_table, read_feature_file, read_table_file
from mineral_prospectivity.geo.sample_table import table_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mineral_prospectivity.datasets.stored_file import LocalCopy

_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}
_EPOCH = "2000-01-01T00:00:00.000Z"
_PREVIEW_ROWS = 20


class VectorDataset(StoredDataset[geopandas.GeoDataFrame, geopandas.GeoDataFrame]):
    """Features with a geometry.

    Written are GeoPackage (``.gpkg``), GeoJSON (``.geojson``) and GeoParquet (``.parquet``); the
    same features give the same bytes. Read are these, shapefiles (``.shp``), points in CSV or plain
    Parquet with two columns of coordinates, and folders of NumPy arrays with labels
    (`mineral_prospectivity.geo.array_folder.read_array_folder`), of which the samples labelled 1
    are the points.

    Parameters
    ----------
    filepath, credentials, fs_args, metadata
        As of every stored dataset.
    layer
        Layer within a GeoPackage that holds several.
    crs
        CRS of a file that does not name its own.
    x, y
        Columns of eastings and northings in tables.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: Mapping[str, Any] | None = None,
        fs_args: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        layer: str | None = None,
        crs: str | None = None,
        x: str = "x",
        y: str = "y",
    ) -> None:
        super().__init__(
            filepath=filepath, credentials=credentials, fs_args=fs_args, metadata=metadata
        )
        self._layer, self._crs, self._x, self._y = layer, crs, x, y

    def load(self) -> geopandas.GeoDataFrame:
        """Return the features."""
        frame = self._read(self._file.fetch(beside=self._file.suffix == ".shp"))
        if frame.crs is not None:
            return frame
        if self._crs is None:
            msg = f"{self._file.url}: has no CRS. Declare it in the catalog, such as crs: EPSG:7845"
            raise DepositError(msg)
        try:
            return frame.set_crs(self._crs)
        except Exception as error:  # pyproj has its own
            problem = f"crs: {self._crs!r} is no coordinate reference system"
            msg = f"{self._file.url}: {problem}; give one such as EPSG:7845"
            raise DepositError(msg) from error

    def save(self, data: geopandas.GeoDataFrame) -> None:
        """Write the features."""
        suffix = self._file.suffix
        if suffix not in (*_DRIVERS, ".parquet"):
            msg = f"{self._file.url}: features are saved as .gpkg, .geojson or .parquet"
            raise DatasetError(msg)
        with self._file.replaced() as path:
            if suffix == ".parquet":
                data.to_parquet(path, index=False, compression="zstd")
            else:
                _write(data, path, _DRIVERS[suffix], self._layer or self._file.stem)

    def preview(self) -> TablePreview:
        """Return the attributes of the first features for Kedro-Viz."""
        frame = self.load().head(_PREVIEW_ROWS)
        attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype(object)
        return TablePreview(attributes.where(attributes.notna(), None).to_dict(orient="split"))

    def _read(self, copy: LocalCopy) -> geopandas.GeoDataFrame:
        path = copy.path
        if path.is_dir():
            return self._labelled(path)
        try:
            table = is_table(path)
            frame = read_table_file(path) if table else read_feature_file(path, self._layer)
        except ConfigurationError as error:
            msg = f"{self._file.url}: {error} with layer"
            raise DepositError(msg) from error
        except Exception as error:  # GDAL, pyogrio and pandas raise many kinds
            problem = f"cannot be read as features: {own_words(error)}"
            msg = f"{self._file.url}: {problem}. Is the file damaged or cut off?"
            raise DepositError(msg) from error
        if table:
            return self._points(frame)
        if not isinstance(frame, geopandas.GeoDataFrame):
            msg = f"{self._file.url}: holds a table without geometry. Give points or polygons"
            raise DepositError(msg)
        return frame

    def _labelled(self, folder: Path) -> geopandas.GeoDataFrame:
        table = read_array_folder(folder, self._file.url, x=self._x, y=self._y)
        if table.labels is None:
            msg = (
                f"{self._file.url}: there is no labels.npy. Give one: 1 for a known deposit, else 0"
            )
            raise DepositError(msg)
        return table.deposits()

    def _points(self, table: pd.DataFrame) -> geopandas.GeoDataFrame:
        missing = [name for name in (self._x, self._y) if name not in table.columns]
        if missing:
            columns = ", ".join(str(column) for column in table.columns)
            msg = f"{self._file.url}: has no column {missing[0]!r}, only {columns}. Declare x and y"
            raise DepositError(msg)
        x, y = (numbers(self._file.url, table, name) for name in (self._x, self._y))
        return geopandas.GeoDataFrame(table, geometry=table_points(x, y))

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "layer": self._layer, "crs": self._crs}


def _write(data: geopandas.GeoDataFrame, path: Path, driver: str, layer: str) -> None:
    try:
        with _fixed_date():
            data.to_file(path, driver=driver, layer=layer, engine="pyogrio", index=False)
        # GDAL keeps quiet when the last bytes of a text file do not fit.
        written = pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise OSError(str(error)) from error
    if written != len(data):
        msg = f"only {written} of {len(data)} features were written"
        raise OSError(msg)


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Keep the time of writing out of GeoPackages: the same features give the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _EPOCH})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
