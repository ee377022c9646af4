"""What can be wrong with an experiment, and how a run then ends."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from mineral_prospectivity.errors import user_error


def refused(experiment, pipeline, **params):
    """Return the error that a run ends with, as people see it, and how it says it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Kedro wraps what datasets raise
        experiment.run(pipeline, **params)
    error = user_error(caught.value)
    text = str(error).replace(str(experiment.raw()), "<raw>")
    return type(error), text.replace(str(experiment.storage), "<storage>")


def raster(name, values=None, **profile):
    """Write a layer again with other pixels, CRS or place."""

    def change(experiment):
        path = experiment.raw(f"{name}.tif")
        with rasterio.open(path) as source:
            pixels, own = source.read(1), source.profile
        path.unlink()
        with rasterio.open(path, "w", **own | profile) as target:
            target.write(pixels if values is None else np.full_like(pixels, values), 1)

    return change


def deposits(edit):
    """Write the deposits again, edited."""

    def change(experiment):
        path = experiment.raw("deposits.gpkg")
        frame = gpd.read_file(path)
        path.unlink()
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")
            edit(frame).to_file(path)

    return change


def moved_to(x):
    """Move the fourth deposit."""

    def edit(frame):
        points = frame.geometry.tolist()
        points[3] = shapely.Point(x, 5_210_000)
        return frame.set_geometry(gpd.GeoSeries(points, crs=frame.crs))

    return deposits(edit)


def arrays(labels):
    """Declare a folder of arrays as the deposits, with these labels of its samples."""

    def change(experiment):
        folder = experiment.raw("samples")
        folder.mkdir()
        points = gpd.read_file(experiment.raw("deposits.gpkg")).geometry
        np.save(folder / "features.npy", np.stack([points.x, points.y], axis=1))
        if labels is not None:
            np.save(folder / "labels.npy", np.resize(np.array(labels), len(points)))
        metadata = {"feature_names": ["x", "y"], "crs": "EPSG:32633"}
        (folder / "features_metadata.json").write_text(json.dumps(metadata))
        experiment.change("deposits", filepath=str(folder))

    return change


def entry(name, **fields):
    """Change fields of a catalog entry."""
    return lambda experiment: experiment.change(name, **fields)


def without(name):
    """Remove a raw file."""
    return lambda experiment: experiment.raw(name).unlink()


def both(*changes):
    """Make several changes."""

    def change(experiment):
        for each in changes:
            each(experiment)

    return change
