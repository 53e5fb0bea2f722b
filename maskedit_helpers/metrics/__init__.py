"""One metric, one function; and the table of them, which all reads that measures metrics or shows them."""
