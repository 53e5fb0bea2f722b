"""A picture of one's own comes in by path, by button and through Colab, upright and sized."""

import io
import sys
from datetime import datetime
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image

import maskedit_helpers as me


def photo(orientation):
    """The bytes of a JPEG, 40 wide and 24 high as stored, red on its left half, with an EXIF tag."""
    picture, data, tag = Image.new("RGB", (40, 24), "blue"), io.BytesIO(), Image.Exif()
    picture.paste("red", (0, 0, 20, 24))
    tag[0x0112] = orientation
    picture.save(data, "jpeg", quality=95, exif=tag)
    return data.getvalue()


def is_upright(picture):
    """Turned by a quarter to the right, as tag 6 asks: the red half is on top."""
    height = picture.shape[0]
    return picture[:height // 3, :, 0].mean() > 200 and picture[-height // 3:, :, 2].mean() > 200


def test_a_path_is_read_upright_and_sized(tmp_path):
    path = tmp_path / "phone.jpg"
    path.write_bytes(photo(6))
    picture = me.bring(path)
    assert picture.shape == (40, 24, 3) and is_upright(picture)
    picture = me.bring(str(path), long_side=128)
    assert picture.shape == (128, 80, 3) and is_upright(picture)
    with pytest.raises(me.KitError, match="nothing.jpg"):
        me.bring(tmp_path / "nothing.jpg")


@pytest.mark.parametrize("value", [
    ({"name": "a.jpg", "type": "image/jpeg", "size": 9, "content": memoryview(photo(6))},),  # ipywidgets 8
    {"a.jpg": {"metadata": {"name": "a.jpg"}, "content": photo(6)}},  # ipywidgets 7, as Colab has it
], ids=["8", "7"])
def test_what_the_button_holds_is_read(value):
    assert is_upright(me.bring(button=SimpleNamespace(value=value)))


def test_nothing_brought_is_nothing():
    button = me.upload_button()
    assert me.bring(button=button) is None and me.bring() is None
    button.value = ({"name": "a.jpg", "type": "image/jpeg", "size": 9, "content": memoryview(photo(1)),
                     "last_modified": datetime.now()},)
    assert me.bring(button=button).shape == (24, 40, 3)


def test_colab_asks_in_colab_only(monkeypatch):
    with pytest.raises(me.KitError, match="in Colab only"):
        me.bring("colab")
    for name in ("google", "google.colab", "google.colab.files"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    files = sys.modules["google.colab.files"]
    files.upload = lambda: {"a.jpg": photo(6)}
    assert is_upright(me.bring("colab"))
    files.upload = lambda: {}
    assert me.bring("colab") is None


def test_what_is_no_picture_is_said():
    with pytest.raises(me.KitError, match="your picture"):
        me.bring(button=SimpleNamespace(value={"a.txt": {"content": b"words"}}))
