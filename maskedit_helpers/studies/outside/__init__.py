"""Results of others, or of one's own, measured where they lie: benchmarks' layouts, and their conventions by name."""
