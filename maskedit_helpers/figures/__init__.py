"""Pictures on a page: rows of them, masks laid over, prompts marked, each figure with its alt text."""
