"""Shards: parquet files through `datasets`, in UltraEdit's columns, each whole or not there.

`datasets.load_dataset(folder)` reads them. A shard is made of one stretch of the source, by its number alone, so it is
the same whoever makes it and whenever; what is there is not made again.
"""

import io
from pathlib import Path

from ...pictures.images import write_file
from .columns import features

DATA = "data"  # the folder of the shards, in that of the build


def shard_path(folder, number):
    return Path(folder) / DATA / f"pairs-{number:05d}.parquet"


def shard_paths(folder):
    """The shards that are there, in order."""
    return sorted((Path(folder) / DATA).glob("pairs-*.parquet"))


def write_shard(folder, number, rows):
    """Write a shard of rows (`rows.make_rows`), aside and then renamed. Raises KitError as `images.write_file`."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    columns = features()
    table = Dataset.from_dict({name: [row[name] for row in rows] for name in columns}, features=columns)
    data = io.BytesIO()
    table.to_parquet(data)
    write_file(shard_path(folder, number), data.getvalue(), ".parquet")
