"""The where: a click, a box or words become a mask."""
