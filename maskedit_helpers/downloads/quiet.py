"""The Hugging Face hub's client without its own words, and with progress bars only where they are asked for."""

from contextlib import contextmanager


@contextmanager
def hub_in_silence(progress):
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars, logging

    level, bars = logging.get_verbosity(), progress or not are_progress_bars_disabled()
    logging.set_verbosity_error()
    if not progress:
        disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars and not progress:
            enable_progress_bars()
