"""Other libraries on the same networks, calibration images and evaluation images; none of them has to be installed."""
