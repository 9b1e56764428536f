"""How Sphinx builds the site: `make docs` writes it to build/docs, and a warning is an error."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from idgen_compiler import __version__

project = "idgen-compiler"
author = "idgen-compiler contributors"
copyright = "idgen-compiler contributors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "extensions.diagrams", "extensions.docstrings"]
extensions += ["extensions.gallery", "extensions.notebooks", "extensions.studio"]
exclude_patterns = ["extensions", "**.ipynb"]
source_suffix = {".md": "markdown"}
smartquotes = False  # a prime is part of a name: X' is another instance of X

html_theme = "furo"
html_title = "idgen-compiler"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "github-dark"

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_use_type_comments = False
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
