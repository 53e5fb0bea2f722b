"""A human study: people rate edits without knowing which method made them; their answers are kept and exported."""
