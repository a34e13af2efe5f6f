"""The documentation site, as Sphinx is told of it; `build.py` beside it makes its sources."""

from molt_build import __version__

project = "molt_build"
author = "molt_build contributors"
copyright = "molt_build contributors, Apache-2.0"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = ["*.md", "docs/**"]
root_doc = "index"

myst_heading_anchors = 4  # the anchors that code hosts give
default_role = "code"  # a docstring's `name` is code
nitpicky = True
# Names in signatures: the standard library's and internal ones have no page here.
nitpick_ignore_regex = [("py:.*", ".*")]
suppress_warnings = ["misc.highlighting_failure"]  # a block with "..." in it is no whole program

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
add_module_names = False
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = "molt_build"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["offline.js"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
