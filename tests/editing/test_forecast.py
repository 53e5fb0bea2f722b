"""What is said of an edit's time beforehand, held against a U-Net whose time is known: it sleeps so long a row."""

import time
import warnings

import pytest
import tiny

from maskedit_helpers.editing import forecast
from maskedit_helpers.editing.editor import Editor

NAP = 0.1  # seconds a row, far above what the tiny U-Net takes itself


@pytest.fixture
def sleepy(monkeypatch):
    pipe = tiny.pipe()
    answer = pipe.unet.forward

    def forward(sample, *rest, **options):
        time.sleep(NAP * len(sample))
        return answer(sample, *rest, **options)

    monkeypatch.setattr(pipe.unet, "forward", forward)
    return Editor(pipe, tiny.LONG_SIDE, slow=True)


def test_an_edit_takes_as_long_as_was_foretold(sleepy):
    pictures, steps = [tiny.picture(), tiny.picture(32, 64)], 2
    seconds = forecast.foretell(sleepy.pipe, [x.shape[:2] for x in pictures], 3 * steps)
    _, report = sleepy.edit(pictures, ["make the dog red"] * 2, steps=steps, progress=False, report=True)
    assert seconds == pytest.approx(report.seconds["denoise"], rel=0.25)
    assert seconds == pytest.approx(2 * 3 * steps * NAP, rel=0.25)


def test_minutes_are_told_before_the_work_and_only_where_there_are_some(sleepy, monkeypatch):
    monkeypatch.setattr(forecast, "seconds_per_row", lambda pipe, shape: 7.0)
    with pytest.warns(UserWarning, match="about 7 minutes on this CPU"), pytest.raises(ZeroDivisionError):
        monkeypatch.setattr(sleepy.pipe, "prepare_image_latents", lambda *a, **k: 1 / 0)  # where the work begins
        sleepy.edit(tiny.picture(), "make the dog red", steps=20, progress=False)
    monkeypatch.undo()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        Editor(tiny.pipe(), tiny.LONG_SIDE, slow=True).edit(tiny.picture(), "make the dog red", steps=1, progress=False)
        Editor(tiny.pipe(), tiny.LONG_SIDE).edit(tiny.picture(), "make the dog red", steps=1, progress=False)


def test_the_timed_row_is_heard_by_no_hook(sleepy):
    heard = []
    hook = sleepy.pipe.unet.register_forward_hook(lambda *words: heard.append(words))
    forecast.seconds_per_row(sleepy.pipe, (64, 64))
    hook.remove()
    assert not heard
