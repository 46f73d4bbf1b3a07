"""Sphinx settings: Markdown pages, no page that names what is not there."""

from __future__ import annotations

from importlib.metadata import version as installed_version

project = "claimledger"
author = "the claimledger contributors"
project_copyright = author
release = installed_version("claimledger")
version = release

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"claimledger {release}"
