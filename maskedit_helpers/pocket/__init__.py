"""The workshop that made the pocket models: drawn scenes, pairs, small networks, training."""
