"""The studio as a page of its own, for a class that should not see code: `make studio` opens page/studio.ipynb."""

import contextlib
import html
import io
import warnings

from ..errors import KitError
from ..kit.kit import load
from ..picturebook.cases import case_names, load_case
from ..pictures.images import fitted
from .bring import bring, upload_button
from .studio import Studio

LONG_SIDE = 512  # of a picture that somebody brings, at most: larger ones make everything slow and show no more


def studio_page():
    """A column of widgets: which picture, one of the cases or one's own, and the Studio of it."""
    from ipywidgets import HTML, Dropdown, HBox, Layout, VBox

    with contextlib.redirect_stdout(io.StringIO()):
        kit = load("auto")
    which = Dropdown(options=[(f"the {name}", name) for name in case_names()], description="Picture",
                     style={"description_width": "initial"}, layout=Layout(width="auto"))
    button = upload_button("or upload your own")
    said = HTML(f"<p>{html.escape(kit.why)}</p>")
    place = VBox(layout=Layout(width="100%"))

    def show(picture):
        """Put the Studio of a Case or a picture in the place of the one before."""
        before = place.children
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # who answers on a photograph, the studio says itself
            place.children = [Studio(picture, kit, show_code=False)]
        for old in before:
            old.close()

    def choose(change=None):
        said.value = f"<p>{html.escape(kit.why)}</p>"
        show(load_case(which.value, size=kit.long_side))

    def upload(change):
        try:
            picture = bring(button=button)
            if picture is not None:
                show(fitted(picture, LONG_SIDE) if max(picture.shape) > LONG_SIDE else picture)
                said.value = "<p>Your own picture. To come back, choose another one.</p>"
        except KitError as error:
            said.value = f'<p role="alert">{html.escape(str(error))}</p>'

    which.observe(choose, "value")
    button.observe(upload, "value")
    choose()
    bar = HBox([which, button], layout=Layout(flex_flow="row wrap", align_items="center"))
    return VBox([HTML("<h1>The studio: give an edit its where</h1>"), bar, said, place])
