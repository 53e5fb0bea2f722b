"""A human study: people rate edits without knowing which method made them, and what they answer is kept and exported."""
