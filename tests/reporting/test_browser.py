"""The report in a real browser: Chromium, where there is one, with the network watched."""

from __future__ import annotations

import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import geopandas as gpd
import numpy as np
import pytest

from mineral_prospectivity.geo.grid import cell_centres
from mineral_prospectivity.targeting.categories import CATEGORIES

sync_api = pytest.importorskip("playwright.sync_api")

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
ROW, COLUMN = 41, 33
PIXELS = """() => {
    const canvas = document.querySelector("canvas.raster");
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext("2d", {willReadFrequently: true});
    context.drawImage(canvas, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    const words = new Uint32Array(data.buffer);
    return [new Set(words).size, words.reduce((sum, word) => (sum * 31 + word) >>> 0, 7)];
}"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(html, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def complaints():
    return []


@pytest.fixture
def opened(browser, address, complaints):
    """Return a function that opens the report, and closes all pages in the end."""
    contexts = []

    def open_page(width=1280, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if
                not request.url.startswith(("data:", "blob:", address)) else None)  # fmt: skip
        page.goto(address)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-map=ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(opened):
    return opened()


def raster_box(page):
    return page.locator("canvas.raster").bounding_box()


def settled(page):
    """Return the box of the raster once animations are over."""
    box = None
    while box != (box := raster_box(page)):
        page.wait_for_timeout(120)
    return box


def place_of(page, grid, row, column):
    rows, columns = grid.shape
    page.locator("#map").evaluate("node => node.scrollIntoView({block: 'center'})")
    box = settled(page)
    return box["x"] + (column + 0.5) / columns * box["width"], (
        box["y"] + (row + 0.5) / rows * box["height"]
    )


def close_to(values, *, signed):
    """Return what a code of 11 bits and three digits allow of the cell's value."""
    step = float(np.ptp(values[np.isfinite(values)])) / 2046 if signed else 0.0
    return pytest.approx(float(values[ROW, COLUMN]), rel=8e-3, abs=step)


def read(page, name):
    return page.locator(f'[data-value="{name}"]').inner_text()


def as_number(text):
    digits = str.maketrans("−⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = text.replace("·10⁻", "e-").translate(digits).replace(",", "")
    value = float(text.removeprefix("≤ ").removesuffix(" %"))
    return value / 100 if text.endswith("%") else value


def uncover(page):
    """Leave deposits out, so that a pointer meets the raster or a target."""
    page.locator('[data-overlay="deposits"]').uncheck()


def test_the_map_is_drawn(page):
    colours, _ = page.evaluate(PIXELS)
    assert colours > 50
    assert page.locator("#legend-title").inner_text() == "Probability"


def test_each_layer_has_its_own_picture_and_legend(page):
    names = page.locator('input[name="layer"]').evaluate_all("all => all.map((one) => one.value)")
    assert len(names) == 11
    pictures, legends = set(), set()
    for name in names:
        page.locator(f'input[value="{name}"]').check()
        page.wait_for_selector(f'canvas[data-layer="{name}"]')
        pictures.add(page.evaluate(PIXELS)[1])
        legends.add(page.locator("#legend").inner_text())
    assert len(legends) == len(names)
    assert len(pictures) == len(names) - 1  # latent is half of epistemic in this region


def test_the_values_under_the_pointer_are_those_of_the_maps(page, inputs, grid):
    uncover(page)
    page.mouse.move(*place_of(page, grid, ROW, COLUMN))
    for band, values in zip(inputs.prediction.names, inputs.prediction.array(), strict=True):
        assert as_number(read(page, band)) == close_to(values, signed=band == "log_odds_mean"), band
    returns = inputs.economics.select(["risk_adjusted_return"]).array()[0]
    assert as_number(read(page, "risk_adjusted_return")) == close_to(returns, signed=True)
    category = inputs.categories.array()[0, ROW, COLUMN]
    assert read(page, "risk_return") == CATEGORIES[category - 1].name


def test_the_place_under_the_pointer_is_told_on_the_grid_and_on_the_globe(page, grid):
    uncover(page)
    page.mouse.move(*place_of(page, grid, ROW, COLUMN))
    x, y = cell_centres(grid, np.array([ROW * grid.shape.x + COLUMN]))
    globe = gpd.GeoSeries.from_xy(x, y, crs=str(grid.crs)).to_crs("EPSG:4326")
    told = page.locator("#place").inner_text()
    assert told.startswith(f"Easting {x[0]:,.0f} m, northing {y[0]:,.0f} m (EPSG:32633)")
    north, east = map(float, re.search(r"([\d.]+)° N, ([\d.]+)° E", told).groups())
    assert (north, east) == pytest.approx((globe.y[0], globe.x[0]), abs=2e-5)


def test_cells_without_data_say_so(page, grid):
    page.mouse.move(*place_of(page, grid, 2, 2))
    assert read(page, "probability") == read(page, "novelty") == "no data"


def test_a_row_of_the_list_zooms_to_its_target(page, inputs):
    before = settled(page)
    second = inputs.targets.target_id.iloc[1]
    page.locator(f'#target-list tr[data-target="{second}"] button').click()
    assert settled(page)["width"] > 1.5 * before["width"]
    assert second in page.locator(".leaflet-popup-content").inner_text()
    page.locator("#whole").click()
    assert settled(page)["width"] == pytest.approx(before["width"], rel=0.02)


def test_a_row_of_the_report_s_tables_leads_to_the_map(page, inputs):
    first = inputs.targets.target_id.iloc[0]
    button = page.locator(f'#where .wide > .scroll tr[data-target="{first}"] button')
    button.scroll_into_view_if_needed()
    button.focus()
    page.keyboard.press("Enter")
    assert first in page.locator(".leaflet-popup-content").inner_text()
    assert -2 <= page.locator("#map-panel").bounding_box()["y"] < 200


def test_a_target_on_the_map_marks_its_rows(page, inputs, grid):
    uncover(page)
    target = inputs.targets.iloc[0]
    point = target.geometry.representative_point()
    box = grid.extent.boundingbox
    row, column = (box.top - point.y) / 500 - 0.5, (point.x - box.left) / 500 - 0.5
    page.mouse.click(*place_of(page, grid, row, column))
    chosen = page.locator("tr.chosen").evaluate_all("all => all.map((one) => one.dataset.target)")
    assert set(chosen) == {target.target_id}
    assert len(chosen) == 3  # beside the map, where, what it is worth
    assert page.locator("path.outline.chosen").count() == 1


def test_the_keyboard_pans_zooms_and_reads(page):
    page.locator("#map").focus()
    start = settled(page)
    page.keyboard.press("ArrowRight")
    panned = settled(page)
    assert panned["x"] < start["x"] - 20
    page.keyboard.press("+")
    assert settled(page)["width"] > panned["width"] * 1.2
    page.keyboard.press("Enter")
    assert re.match(r"Probability: [\d.]+ %. Easting", page.locator("#read-out").inner_text())


def test_the_wheel_zooms_only_once_the_map_is_chosen(page, grid):
    uncover(page)
    before = settled(page)
    page.mouse.move(*place_of(page, grid, ROW, COLUMN))
    page.mouse.wheel(0, -200)
    assert settled(page)["width"] == before["width"]
    page.mouse.click(*place_of(page, grid, 2, 2))
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(400)
    assert settled(page)["width"] > before["width"]


def test_overlays_and_opacity_follow_their_controls(page, inputs):
    assert page.locator("path.sample").count() == 0
    page.locator('[data-overlay="samples"]').check()
    assert page.locator("path.sample").count() == len(inputs.next_samples)
    assert page.locator("path.deposit").count() == len(inputs.deposits)
    uncover(page)
    assert page.locator("path.deposit").count() == 0
    page.locator("#opacity").fill("40")
    assert page.locator("canvas.raster").evaluate("node => node.style.opacity") == "0.4"


def test_names_of_deposits_are_text(page, inputs):
    page.locator("path.deposit").first.dispatch_event("mouseover")
    assert re.fullmatch(r"Mine <\d+> & Sons", page.locator(".leaflet-tooltip").inner_text())


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_nothing_is_wider_than_the_screen(opened, width):
    page = opened(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_tap_reads_and_a_pinch_zooms(opened, grid):
    page = opened(width=390, height=844, has_touch=True, is_mobile=True)
    uncover(page)
    page.locator("#map").evaluate("node => node.scrollIntoView()")
    x, y = place_of(page, grid, ROW, COLUMN)
    page.touchscreen.tap(x, y)
    assert read(page, "probability").endswith("%")
    before = settled(page)
    touch = page.context.new_cdp_session(page)
    for kind, gap in (("touchStart", 20), ("touchMove", 50), ("touchMove", 80), ("touchEnd", None)):
        fingers = [] if gap is None else [{"x": x - gap, "y": y}, {"x": x + gap, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        page.wait_for_timeout(60)
    assert settled(page)["width"] > 1.5 * before["width"]


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_barrier(opened, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(width=width)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    found = axe.Axe().run(page, options=rules).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == []


def test_paper_gets_the_figure(page):
    page.emulate_media(media="print")
    assert not page.locator("#map-panel").is_visible()
    assert page.locator("#figure-probability").is_visible()
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") > 5


def test_without_scripts_the_figure_stands_in(opened):
    page = opened(java_script_enabled=False)
    assert not page.locator("#map-panel").is_visible()
    assert page.locator("#figure-probability").is_visible()


@pytest.fixture
def slow_address(html):
    """Return the address of a server that stops inside a target's row, until the map is drawn."""
    cut = html.index("</th>", html.rindex("<tr data-target="))
    drawn = threading.Event()

    class InTwoParts(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            for part in (html[:cut], html[cut:]):
                self.wfile.write(part.encode())
                drawn.wait(20)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), InTwoParts) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/", drawn
        drawn.set()
        server.shutdown()


def test_rows_are_linked_however_slowly_the_page_arrives(browser, slow_address):
    address, drawn = slow_address
    complaints = []
    page = browser.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address, wait_until="commit")
    page.wait_for_selector("canvas.raster")
    page.wait_for_timeout(300)
    drawn.set()
    page.wait_for_selector("html[data-map=ready]")
    rows = page.locator("tr[data-target]")
    assert page.locator("tr[data-target] button.link").count() == rows.count() > 0
    page.close()
    assert complaints == []


def test_the_browser_never_complained_and_never_asked_for_anything(complaints):
    """Stands last: it judges what all the tests above have seen."""
    assert complaints == []
