"""An edit seen from outside: its steps, what its attention reads, its two knobs turned through a grid."""
