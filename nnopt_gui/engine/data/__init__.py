"""Data: image sets opened from files and folders, split once and for all, and turned into network inputs.

``datasets.open_data`` is the way in; ``preprocessing.load_batch`` and ``batches.training_batches`` are the ways out.
"""
