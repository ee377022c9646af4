"""Opens a project in QGIS, without a screen: what it found goes to stdout as JSON, with pictures.

Runs with the interpreter that has QGIS, not with that of this project:
python3 open_in_qgis.py PROJECT.qgz FOLDER_FOR_PICTURES
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsFontUtils,
    QgsLayerTree,
    QgsLayoutExporter,
    QgsMapLayer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QSize
from qgis.PyQt.QtGui import QColor

SIDE = 1000


def main(path, folder):
    """Open, describe, draw."""
    project = QgsProject.instance()
    opened = project.read(path)
    found = {
        "opened": opened,
        "title": project.title(),
        "abstract": project.metadata().abstract(),
        "crs": project.crs().authid(),
        "first_view": rectangle(project.viewSettings().defaultViewExtent()),
        "absolute_paths": project.filePathStorage() == 0,
        "checked": [node.layerId() for node in leaves(project) if node.isVisible()],
        "groups": groups(project.layerTreeRoot()),
        "layers": {key: describe(layer) for key, layer in project.mapLayers().items()},
        "themes": themes(project, folder),
        "layouts": pages(project, folder),
        "bookmarks": [mark.name() for mark in project.bookmarkManager().bookmarks()],
    }
    draw(project, project.layerTreeRoot().checkedLayers(), folder / "first_view.png")
    for group, keys in found["groups"].items():
        shown = [project.mapLayer(key) for key in keys]
        if shown:
            draw(project, shown, folder / f"group_{group.split(' ')[0].lower()}.png")
    found["alone"] = {
        file.name: describe(alone(file))
        for file in sorted(Path(path).parent.glob("**/*.*"))
        if file.suffix in (".tif", ".gpkg")
    }
    sys.stdout.write(json.dumps(found))


def alone(file):
    """Return a layer as it is when its file is dragged into an empty map."""
    if file.suffix == ".tif":
        return QgsRasterLayer(str(file), file.stem)
    return QgsVectorLayer(f"{file}|layername={file.stem}", file.stem, "ogr")


def describe(layer):
    """Return what a test wants to know of a layer."""
    told = {
        "valid": layer.isValid(),
        "source": layer.publicSource(),
        "crs": layer.crs().authid(),
        "abstract": layer.abstract(),
        "renderer": layer.renderer().type(),
        "legend": [label for label in legend(layer) if label],
    }
    if layer.type() == QgsMapLayer.VectorLayer:
        told |= describe_features(layer)
    return told


def legend(layer):
    """Return the labels of a layer's legend."""
    if layer.type() == QgsMapLayer.VectorLayer:
        return [item.label() for item in layer.renderer().legendSymbolItems()]
    return [label for label, _ in layer.renderer().legendSymbologyItems()]


def describe_features(layer):
    """Return labels, form and fonts."""
    settings = layer.labeling().settings() if layer.labeling() else None
    font = settings.format().font().family() if settings else ""
    tabs = layer.editFormConfig().tabs()
    return {
        "features": layer.featureCount(),
        "labels": layer.labelsEnabled(),
        "label": settings.fieldName if settings else "",
        "missing_font": not QgsFontUtils.fontFamilyOnSystem(font),
        "aliases": {field.name(): field.alias() for field in layer.fields() if field.alias()},
        "fields": [field.name() for field in layer.fields()],
        "tabs": {tab.name(): [child.name() for child in tab.children()] for tab in tabs},
        "display": layer.displayExpression(),
        "tip": layer.mapTipTemplate(),
    }


def groups(parent):
    """Return the keys of the layers of every group, by its name."""
    found = {}
    for child in parent.children():
        if QgsLayerTree.isGroup(child):
            own = [node for node in child.children() if QgsLayerTree.isLayer(node)]
            found[child.name()] = [node.layerId() for node in own]
            found |= groups(child)
    return found


def leaves(project):
    """Return the nodes of the layers in the tree."""
    return project.layerTreeRoot().findLayers()


def themes(project, folder):
    """Return the keys of the layers of every theme, and draw it."""
    known = project.mapThemeCollection()
    found = {}
    for name in known.mapThemes():
        shown = known.mapThemeVisibleLayers(name)
        draw(project, shown, folder / f"theme_{name.split(':')[0].lower().replace(' ', '_')}.png")
        found[name] = [layer.id() for layer in shown]
    return found


def pages(project, folder):
    """Return the names of the pages, and print each to a picture."""
    found = []
    for page in project.layoutManager().printLayouts():
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 110
        picture = folder / f"page_{page.name().split(':')[0].lower().replace(' ', '_')}.png"
        QgsLayoutExporter(page).exportToImage(str(picture), settings)
        found.append(page.name())
    return found


def draw(project, layers, picture):
    """Draw layers, the topmost first, over the first view of the project."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(project.viewSettings().defaultViewExtent())
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor("white"))
    settings.setLabelingEngineSettings(project.labelingEngineSettings())
    job = QgsMapRendererParallelJob(settings)
    loop = QEventLoop()
    job.finished.connect(loop.quit)
    job.start()
    loop.exec_()
    job.renderedImage().save(str(picture))


def rectangle(extent):
    """Return the limits of an extent."""
    return [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # QGIS 3.22 crashes when Python takes its objects apart
