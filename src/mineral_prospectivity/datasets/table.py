"""Tables as Parquet or CSV."""

from __future__ import annotations

from typing import Any

import pandas as pd
from kedro.io import DatasetError
from kedro_datasets._typing import TablePreview

from mineral_prospectivity.datasets.stored_dataset import StoredDataset

_PREVIEW_ROWS = 20


class TableDataset(StoredDataset[pd.DataFrame, pd.DataFrame]):
    """A table without its index, as Parquet or, for people, as CSV; the suffix decides.

    The same table gives the same bytes.

    Raises
    ------
    DatasetError
        If the suffix is neither ``.parquet`` nor ``.csv``.
    """

    def load(self) -> pd.DataFrame:
        """Return the table."""
        copy = self._file.fetch()
        return pd.read_csv(copy.path) if self._suffix() == ".csv" else pd.read_parquet(copy.path)

    def save(self, data: pd.DataFrame) -> None:
        """Write the table."""
        with self._file.replaced() as path:
            if self._suffix() == ".csv":
                data.to_csv(path, index=False)
            else:
                data.to_parquet(path, engine="pyarrow", index=False, compression="zstd")

    def preview(self) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        rows = self.load().head(_PREVIEW_ROWS)
        return TablePreview(rows.to_dict(orient="split"))

    def _suffix(self) -> str:
        if self._file.suffix not in (".parquet", ".csv"):
            msg = f"{self._file.url}: a table is saved as .parquet or .csv"
            raise DatasetError(msg)
        return self._file.suffix

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "format": self._file.suffix.lstrip(".")}
