"""How the pocket weights are made."""
