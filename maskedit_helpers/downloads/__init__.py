"""Published checkpoints: where they are, fetched, checked against their hash, set aside if wrong."""
