"""One metric, one function; and the row and table that they make."""
