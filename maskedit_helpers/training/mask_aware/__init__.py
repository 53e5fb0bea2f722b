"""Training the editor to read a mask: what it sees, what it is held to."""
