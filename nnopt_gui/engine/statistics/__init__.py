"""What was predicted for every image, and what follows from it: intervals, paired tests, per-class figures.

Plain numpy: the window uses it too, and no comparison ever runs a model again.
"""
