"""An instruction is read: which of its words name what is to be edited."""
