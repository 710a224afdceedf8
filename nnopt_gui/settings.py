"""Settings of the program (written by helper JOBS)."""
