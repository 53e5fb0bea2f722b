"""Sphinx's settings of the book; build.py lays out its pages and gives the address."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

project = "Mask-guided InstructPix2Pix"
author = "the maskedit authors"
html_title = project
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "docstrings", "mathml"]

nb_execution_mode = "off"  # running.py has run them
nb_merge_streams = True
nb_code_prompt_show = nb_code_prompt_hide = "The set-up cell"  # the only one that is folded
nb_ipywidgets_js = {}  # no script from elsewhere; widgets are stills (see pages.py)
myst_enable_extensions = ["dollarmath", "attrs_inline", "attrs_block"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_math_renderer = "mathml"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = "code"  # a single backtick in a docstring is code
add_module_names = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
nitpicky = True

html_theme = "sphinx_book_theme"
html_favicon = "_static/icon.svg"
html_context = {"default_mode": "auto"}  # dark where the reader's system is
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "path_to_docs": "",
    "use_repository_button": True,
    "use_download_button": False,
    "launch_buttons": {"colab_url": "https://colab.research.google.com"},
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "navbar_persistent": [],  # the search stands in the sidebar
}
