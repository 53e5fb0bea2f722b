"""From kept results to a paper: one command gathers them, draws them at a column's width, and tells what they say."""
