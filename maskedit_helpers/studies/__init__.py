"""Questions answered over many scenes."""
