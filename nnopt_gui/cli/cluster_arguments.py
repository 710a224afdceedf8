"""``--cluster``: where the trials of a run or a sweep are made."""

from __future__ import annotations

import argparse


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """``--cluster`` and ``--cluster-attempts``."""
    group = parser.add_argument_group("many machines")
    group.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run the trials on the workers of the Dask scheduler there, e.g. tcp://192.168.0.5:8786. Only in a "
        "network that you trust: Dask lets its peers run code",
    )
    group.add_argument(
        "--cluster-attempts",
        type=int,
        default=3,
        metavar="N",
        help="a trial whose worker was lost N times has failed (default 3)",
    )
