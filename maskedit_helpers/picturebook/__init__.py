"""The drawn world whose truth is known: scenes, their edits, training pairs, the kit's cases."""
