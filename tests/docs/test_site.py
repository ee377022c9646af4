"""The documentation builds without a warning, and what it builds needs no network."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

import pytest

FETCHED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "use": "href",
    "video": "src",
}
LINKED = {"stylesheet", "preload", "preconnect", "icon", "modulepreload"}


class Fetched(HTMLParser):
    """Collects what a browser fetches with a page."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        if tag in FETCHED:
            self.addresses.append(own.get(FETCHED[tag]))
        if tag == "link" and set((own.get("rel") or "").split()) & LINKED:
            self.addresses.append(own.get("href"))


@pytest.fixture(scope="module")
def site(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    checkout.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)])
    return folder


def read(site, page):
    return (site / page).read_text(encoding="utf-8")


def test_no_page_fetches_anything_from_elsewhere(site):
    for page in site.rglob("*.html"):
        found = Fetched()
        found.feed(page.read_text(encoding="utf-8"))
        away = [one for one in found.addresses if re.match(r"(https?:)?//", one or "")]
        assert away == [], page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\W?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_formulas_are_drawn_by_the_browser(site):
    method = read(site, "method.html")

    assert method.count("<math") >= 10
    assert "\\underbrace" not in method


def test_every_dataset_of_the_catalog_is_listed(site):
    lineage = read(site, "lineage.html")

    for name in ("evidence_stack", "cells", "{member}.bundle", "prediction", "metrics", "report"):
        assert f"<code>{name}</code>" in lineage
    assert "07_model_output/&lt;experiment&gt;/prediction.tif" in lineage
    assert "globals:" not in lineage


def test_the_api_has_signatures_and_docstrings(site):
    api = read(site, "api.html")

    for name in ("load_ensemble", "predict_raster", "analyse_risk_return", "pick_targets"):
        assert name in api
    assert "Share of the models" in api
    assert ":func:" not in api
    assert ":meth:" not in api


def test_links_out_of_the_folder_lead_to_pages_of_the_site(site):
    assert 'href="infra.html"' in read(site, "aws.html")
    assert 'href="contributing.html"' in read(site, "architecture.html")
    assert 'href="aws.html"' in read(site, "infra.html")
