"""nnopt_gui: quantise, prune and distil neural networks and judge the gain on the files that are shipped."""

__version__ = "0.1.0"
