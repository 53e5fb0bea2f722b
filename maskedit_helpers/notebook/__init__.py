"""What only a notebook needs: widgets, checks of exercises, where results go."""
