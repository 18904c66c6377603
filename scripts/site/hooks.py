"""What MkDocs asks for while it builds the site: pages that are generated, and links to files beside docs/."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from scripts.site.node_pages import node_pages

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "NOTICE": "notice.md",
    "workflows/README.md": "workflows.md",
}
"""Files of the repository, by the page of the site that stands for each."""
LINK = re.compile(r"(\]\()([^)#\s]+)")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the generated pages. Raises: PluginError where nobody said what the nodes are."""
    definitions = config["extra"]["definitions"]
    if not definitions:
        raise PluginError("DOCS_DEFINITIONS is not set; build the site by scripts/docs")
    nodes = json.loads(Path(definitions).read_text(encoding="utf-8"))
    ours = {name: node for name, node in nodes.items() if name.startswith("OnAir")}
    pages = node_pages(ours, ROOT / "workflows")
    pages["workflows.md"] = _read("workflows/README.md")
    pages["changelog.md"] = _read("CHANGELOG.md")
    pages["notice.md"] = f"# Notice\n```text\n{_read('NOTICE')}```\n"
    next(part for part in config["nav"] if "Nodes" in part)["Nodes"] = [
        path for path in pages if path.startswith("nodes/")
    ]
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Lead links to files of the repository to the pages that stand for them."""
    source = {site: file for file, site in OUTSIDE.items()}.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    here = posixpath.dirname(page.file.src_uri)

    def lead(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[2]))
        if target in OUTSIDE:
            return found[1] + posixpath.relpath(OUTSIDE[target], here or ".")
        return found[0]

    return LINK.sub(lead, markdown)


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
