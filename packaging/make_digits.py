"""Make ``resources/samples/digits.npz``, the embedded data set, from the copy that scikit-learn ships.

Needs scikit-learn, which the program itself does not: run it from a throwaway environment.

    python3 -m venv digits-venv && digits-venv/bin/pip install scikit-learn
    digits-venv/bin/python packaging/make_digits.py

The file is the same to the byte on every run (fixed member order and dates), so a change shows up in review.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

SAMPLES = Path(__file__).resolve().parents[1] / "resources" / "samples"
LEVELS = 16  # the source counts black pixels in 4x4 blocks: 0..16


def load_source() -> tuple[np.ndarray, np.ndarray]:
    """Images as uint8 of shape (1797, 8, 8), scaled from 0..16 to 0..255, and int64 labels of shape (1797,)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    counts = np.asarray(digits.images)
    if counts.shape != (1797, 8, 8) or counts.min() != 0 or counts.max() != LEVELS:
        raise SystemExit(f"scikit-learn's digits are not what this script expects: {counts.shape}")
    return np.rint(counts * (255 / LEVELS)).astype(np.uint8), np.asarray(digits.target, dtype=np.int64)


def write_archive(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed ``.npz`` whose bytes depend on nothing but the arrays."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            archive.writestr(member, buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SAMPLES / "digits.npz")
    out: Path = parser.parse_args().out
    images, labels = load_source()
    write_archive(out, {"images": images, "labels": labels, "classes": np.array([str(c) for c in range(10)])})
    print(f"{out}: {out.stat().st_size} bytes, SHA-256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
