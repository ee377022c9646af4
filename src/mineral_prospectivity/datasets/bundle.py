"""Member bundles in the catalog; the only dataset that needs torch."""

from __future__ import annotations

import json

from kedro_datasets._typing import JSONPreview

from mineral_prospectivity.datasets.stored_dataset import StoredDataset
from mineral_prospectivity.errors import BundleError
from mineral_prospectivity.vae.bundle import MemberBundle


class MemberBundleDataset(StoredDataset[MemberBundle, MemberBundle]):
    """A trained member: one safetensors file with a header, and a hash over both.

    Examples
    --------
    .. code-block:: yaml

        "{member}.bundle":
          type: mineral_prospectivity.datasets.MemberBundleDataset
          filepath: data/06_models/demo/{member}.safetensors
    """

    def load(self) -> MemberBundle:
        """Return the member.

        Raises
        ------
        DatasetError
            If the file is damaged, or of a format newer than this package reads.
        """
        copy = self._file.fetch()
        try:
            return MemberBundle.from_bytes(copy.path.read_bytes())
        except BundleError as error:
            msg = f"{self._file.url}: {error}"
            raise BundleError(msg) from None

    def save(self, data: MemberBundle) -> None:
        """Write the member; the same member gives the same bytes."""
        with self._file.replaced() as path:
            path.write_bytes(data.to_bytes())

    def preview(self) -> JSONPreview:
        """Return the header for Kedro-Viz."""
        return JSONPreview(json.dumps(self.load().header.to_dict()))
