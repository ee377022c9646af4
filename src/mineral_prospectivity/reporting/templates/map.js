// The report's map: decodes the layers, colours them, and links map, cell values and targets.
// Leaflet (vendor/leaflet.js) pans and zooms; coordinates are metres in the CRS of the grid.
"use strict";
(() => {
  const page = document.documentElement;
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const grid = data.grid;
  const side = grid.cell * grid.step;
  const bounds = L.latLngBounds(
    [grid.north - grid.rows * side, grid.west],
    [grid.north, grid.west + grid.columns * side],
  );
  const layers = new Map(data.layers.map((layer) => [layer.name, layer]));
  const element = (id) => document.getElementById(id);

  // ---- layers: bytes to codes, codes to values and colours --------------------------------

  async function unpack(layer) {
    const bytes = Uint8Array.from(atob(layer.codes), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const planes = new Uint8Array(await new Response(stream).arrayBuffer());
    const count = planes.length / 2;
    const codes = new Uint16Array(count);
    for (let i = 0, along = 0; i < count; i++) {
      if (i % grid.columns === 0) along = 0;
      along += planes[i] + 256 * planes[count + i]; // differences both ways, modulo 2^16
      codes[i] = along + (i < grid.columns ? 0 : codes[i - grid.columns]);
    }
    layer.cells = codes;
  }

  function valueOf(layer, code) {
    const place = (code - 1) / data.steps;
    return layer.logarithmic
      ? layer.low * (layer.high / layer.low) ** place
      : layer.low + place * (layer.high - layer.low);
  }

  function digits(value) {
    if (value !== 0 && Math.abs(value) < 1e-4) {
      const [front, power] = value.toExponential(1).split("e");
      const raised = [...power.replace("-", "")].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
      return `${front.replace("-", "−")}·10⁻${raised}`;
    }
    return value.toLocaleString("en-GB", { maximumSignificantDigits: 3 }).replace("-", "−");
  }

  function words(layer, code) {
    if (code === 0) return "no data";
    if (layer.reading === "category") return layer.names[code];
    const value = valueOf(layer, code);
    const text = layer.reading === "percent" ? `${digits(100 * value)} %` : digits(value);
    return layer.logarithmic && code === 1 ? `≤ ${text}` : text;
  }

  function palette(layer) {
    const rgb = layer.colours.map((hex) => parseInt(hex.slice(1) || "0", 16));
    const last = rgb.length - 1;
    return layer.reading === "category"
      ? (code) => rgb[code]
      : (code) => rgb[Math.round(((code - 1) / data.steps) * last)];
  }

  function paint(canvas, layer) {
    const context = canvas.getContext("2d");
    const image = context.createImageData(grid.columns, grid.rows);
    const colour = palette(layer);
    layer.cells.forEach((code, i) => {
      if (code === 0) return;
      const rgb = colour(code);
      image.data.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  function writeLegend(layer) {
    element("legend-title").textContent = layer.title + (layer.unit ? ` (${layer.unit})` : "");
    element("legend-meaning").textContent = layer.meaning;
    const scale = element("legend-scale");
    scale.replaceChildren();
    scale.className = layer.reading === "category" ? "classes" : "bar";
    if (layer.reading === "category") {
      layer.names.forEach((name, code) => {
        if (code > 0) scale.append(labelled(name, layer.colours[code]));
      });
      return;
    }
    const bar = document.createElement("div");
    bar.style.background = `linear-gradient(to right, ${layer.bar.join(", ")})`;
    const ticks = document.createElement("div");
    for (const [place, text] of layer.ticks) {
      const tick = document.createElement("span");
      tick.style.left = `${100 * place}%`;
      tick.textContent = text;
      ticks.append(tick);
    }
    scale.append(bar, ticks);
  }

  function labelled(name, colour) {
    const item = document.createElement("span");
    const key = document.createElement("i");
    key.className = "key";
    key.style.background = colour;
    item.append(key, ` ${name}`);
    return item;
  }

  // ---- the map ----------------------------------------------------------------------------

  const canvas = document.createElement("canvas");
  canvas.width = grid.columns;
  canvas.height = grid.rows;
  canvas.className = "raster";
  let map, image, cursor;

  function makeMap() {
    map = L.map("map", {
      crs: L.CRS.Simple,
      zoomSnap: 0,
      zoomDelta: 0.75,
      wheelPxPerZoomLevel: 90,
      scrollWheelZoom: false, // until the map is clicked, the wheel scrolls the page
      attributionControl: false,
      maxZoom: Math.log2(60 / side), // a cell is at most 60 pixels wide
      minZoom: -30,
      maxBounds: bounds.pad(0.5),
    });
    image = L.svgOverlay(canvas, bounds).addTo(map); // takes any element, a canvas too
    L.control.scale({ imperial: false }).addTo(map);
    map.fitBounds(bounds, { padding: [6, 6] });
    map.setMinZoom(map.getZoom() - 1);
    cursor = L.rectangle(bounds, { className: "cursor", fill: false, interactive: false });
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    map.on("mousemove click", (event) => readCell(event.latlng));
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === map.getContainer()) {
        readCell(map.getCenter(), true);
      }
    });
  }

  async function showLayer(name) {
    const layer = layers.get(name);
    if (!layer.cells) await unpack(layer);
    paint(canvas, layer);
    writeLegend(layer);
    canvas.dataset.layer = name;
  }

  // ---- the cell under the pointer ---------------------------------------------------------

  function readCell(place, aloud = false) {
    const column = Math.floor((place.lng - grid.west) / side);
    const row = Math.floor((grid.north - place.lat) / side);
    if (column < 0 || row < 0 || column >= grid.columns || row >= grid.rows) return;
    const x = grid.west + column * side;
    const y = grid.north - row * side;
    cursor.setBounds([[y - side, x], [y, x + side]]).addTo(map);
    // Where the map is thinned, the value is that of the cell in the north-west of the square.
    writePlace(x + grid.cell / 2, y - grid.cell / 2);
    for (const layer of layers.values()) {
      if (!layer.cells) continue;
      const code = layer.cells[row * grid.columns + column];
      document.querySelector(`[data-value="${layer.name}"]`).textContent = words(layer, code);
    }
    if (aloud) announce();
  }

  function writePlace(x, y) {
    const metres = (value) => Math.round(value).toLocaleString("en-GB").replace("-", "−");
    const east = interpolated(grid.longitude, x, y);
    const north = interpolated(grid.latitude, x, y);
    element("place").textContent =
      `Easting ${metres(x)} m, northing ${metres(y)} m (${grid.crs}); ` +
      `${Math.abs(north).toFixed(5)}° ${north < 0 ? "S" : "N"}, ` +
      `${Math.abs(east).toFixed(5)}° ${east < 0 ? "W" : "E"}`;
  }

  function interpolated(lattice, x, y) {
    const count = grid.controlPoints;
    const across = ((x - grid.west) / (grid.columns * side)) * (count - 1);
    const down = ((grid.north - y) / (grid.rows * side)) * (count - 1);
    const i = Math.min(Math.floor(down), count - 2);
    const j = Math.min(Math.floor(across), count - 2);
    const at = (row, column) => lattice[row * count + column];
    const mix = (a, b, share) => a + (b - a) * share;
    return mix(
      mix(at(i, j), at(i, j + 1), across - j),
      mix(at(i + 1, j), at(i + 1, j + 1), across - j),
      down - i,
    );
  }

  function announce() {
    const name = canvas.dataset.layer;
    const value = document.querySelector(`[data-value="${name}"]`).textContent;
    element("read-out").textContent =
      `${layers.get(name).title}: ${value}. ${element("place").textContent}`;
  }

  // ---- deposits, samples, targets ---------------------------------------------------------

  function plain(text) {
    const node = document.createElement("span");
    node.textContent = text; // names come from files: they are text, never HTML
    return node;
  }

  function points(items, style) {
    return L.layerGroup(items.map((item) =>
      L.circleMarker([item.y, item.x], style)
        .bindTooltip(plain(item.text))
        .on("mousemove click", (event) => readCell(event.latlng))));
  }

  const outlines = new Map();

  function targetLayers() {
    const group = L.layerGroup();
    for (const target of data.targets) {
      const toPlace = ([x, y]) => L.latLng(y, x);
      const casing = L.geoJSON(target.shape, {
        coordsToLatLng: toPlace, interactive: false, style: { className: "casing" },
      });
      const outline = L.geoJSON(target.shape, {
        coordsToLatLng: toPlace, style: { className: "outline" },
      });
      outline.on("click", () => choose(target.id, false));
      outline.on("mousemove", (event) => readCell(event.latlng));
      const label = L.marker(toPlace(target.label), {
        interactive: false, keyboard: false,
        icon: L.divIcon({ className: "rank", html: String(target.rank), iconSize: [24, 16] }),
      });
      group.addLayer(casing).addLayer(outline);
      if (target.rank <= 10) group.addLayer(label);
      outlines.set(target.id, outline);
    }
    return group;
  }

  function addOverlays() {
    const overlays = {
      targets: targetLayers(),
      deposits: points(data.deposits, { radius: 4, className: "deposit" }),
      samples: points(data.samples, { radius: 6, className: "sample" }),
    };
    for (const box of document.querySelectorAll("[data-overlay]")) {
      const overlay = overlays[box.dataset.overlay];
      const follow = () => (box.checked ? overlay.addTo(map) : overlay.remove());
      box.addEventListener("change", follow);
      follow();
    }
  }

  // ---- targets: map, list and tables say the same ------------------------------------------

  function choose(id, zoom) {
    const target = data.targets.find((item) => item.id === id);
    const outline = outlines.get(id);
    document.querySelectorAll(".chosen").forEach((old) => old.classList.remove("chosen"));
    document.querySelectorAll(`[data-target="${CSS.escape(id)}"]`).forEach((row) => {
      row.classList.add("chosen");
      row.closest("details")?.setAttribute("open", "");
    });
    outline.eachLayer((part) => part.getElement()?.classList.add("chosen"));
    outline.bringToFront();
    if (zoom) {
      map.fitBounds(outline.getBounds().pad(0.25), {
        maxZoom: Math.log2(16 / side),
        paddingTopLeft: [0, 170], // room for the popup above the target
      });
    }
    const facts = document.createElement("div");
    const head = document.createElement("strong");
    head.textContent = `${target.id}, rank ${target.rank}`;
    facts.append(head, ...target.facts.map((fact) => {
      const line = document.createElement("div");
      line.textContent = fact;
      return line;
    }));
    const corner = L.latLng(outline.getBounds().getNorth(), outline.getBounds().getCenter().lng);
    L.popup({ autoPan: !zoom, maxWidth: 260 }).setLatLng(corner).setContent(facts).openOn(map);
    scrollList(id);
  }

  // Within the list alone: the page stays where the reader is.
  function scrollList(id) {
    const box = element("target-list").querySelector(".scroll");
    const row = box.querySelector(`[data-target="${CSS.escape(id)}"]`);
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }

  function linkRows() {
    for (const row of document.querySelectorAll("tr[data-target]")) {
      const cell = row.cells[1];
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = cell.textContent;
      button.setAttribute("aria-label", `Show ${cell.textContent} on the map`);
      cell.replaceChildren(button);
      row.addEventListener("click", () => {
        choose(row.dataset.target, true);
        if (!row.closest("#target-list")) element("map-panel").scrollIntoView();
      });
    }
  }

  // ---- start ------------------------------------------------------------------------------

  function wireControls() {
    for (const radio of document.querySelectorAll('input[name="layer"]')) {
      radio.checked = radio.value === "probability"; // browsers remember what was ticked
      radio.addEventListener("change", () => showLayer(radio.value));
    }
    element("opacity").addEventListener("input", (event) =>
      image.setOpacity(event.target.value / 100));
    element("whole").addEventListener("click", () => map.fitBounds(bounds, { padding: [6, 6] }));
  }

  function parsed() {
    if (document.readyState !== "loading") return Promise.resolve();
    return new Promise((done) => document.addEventListener("DOMContentLoaded", done));
  }

  async function start() {
    page.classList.add("interactive"); // from here on the map stands in for the figure
    makeMap();
    await showLayer("probability");
    addOverlays();
    wireControls();
    await parsed(); // the tables of targets stand below this script
    linkRows();
    for (const layer of layers.values()) if (!layer.cells) await unpack(layer);
    page.dataset.map = "ready";
  }

  if ("DecompressionStream" in window) start();
})();
