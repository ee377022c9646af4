"""What the documentation site adds to MkDocs: MathML, pages from outside docs/, the datasets.

MathML is drawn by the browser itself, so a formula needs neither a script nor the network.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from latex2mathml.converter import convert
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

DOCS = Path(__file__).parent
PROJECT = DOCS.parent
OUTSIDE = {
    "infra/README.md": "infra.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages that lie outside of docs/, and what the site calls them."""

FORMULA = re.compile(
    r'<(span|div) class="arithmatex">\\(?:\(|\[)(?P<latex>.*?)\\(?:\)|\])</\1>', re.DOTALL
)
DATASETS = "<!-- datasets -->"
ROLE = re.compile(r":(?:func|meth|class|attr|mod):<code>(?:~[\w.]*\.)?(?P<name>[^<]*)</code>")
LINK = re.compile(r"\]\((?:\.\./)+(?P<target>[^)#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside."""
    for source, name in OUTSIDE.items():
        text = (PROJECT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text.replace("](docs/", "](../docs/")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Point links out of docs/ at the pages that the site has of them; list the datasets."""
    del page
    markdown = LINK.sub(lambda link: f"]({_on_site(link['target'])}", markdown)
    return markdown.replace(DATASETS, _datasets()) if DATASETS in markdown else markdown


def on_page_content(content: str, **_: object) -> str:
    """Turn LaTeX into MathML, and the docstrings' roles into plain names."""
    return ROLE.sub(r"<code>\g<name></code>", FORMULA.sub(_mathml, content))


def _on_site(target: str) -> str:
    return OUTSIDE.get(target, target.removeprefix("docs/"))


def _datasets() -> str:
    """Return a table of the catalog that every experiment shares."""
    rows = ["| dataset | layer | file | what it is |", "|---|---|---|---|"]
    for path in sorted((PROJECT / "conf/base").glob("catalog_*.yml")):
        for name, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            about = entry["metadata"]
            file = entry["filepath"].replace("${globals:storage}/", "")
            file = file.replace("${globals:results}", "<experiment>")
            layer = about["kedro-viz"]["layer"].replace("_", " ")
            rows.append(f"| `{name}` | {layer} | `{file}` | {about['description']} |")
    return "\n".join(rows)


def _mathml(formula: re.Match[str]) -> str:
    display = "block" if formula[1] == "div" else "inline"
    return convert(html.unescape(formula["latex"]), display=display)
