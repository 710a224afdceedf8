#!/usr/bin/env python3
"""Classify images with the model beside this file. Needs only numpy and onnxruntime.

    python predict.py image.png                 one image (8-bit PNG)
    python predict.py array.npy                 uint8 images, N x H x W (x C) or H x W (x C);
                                                or float32 N x C x H x W, taken as already normalised
    python predict.py array.npy --labels y.npy  also reports the accuracy

Prints one JSON object per image: {"index", "class", "name", "probability"}.
"""

import argparse
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import onnxruntime as ort

HERE = Path(__file__).resolve().parent
PRECISION = 22  # bits of the fixed-point resampling weights, as in Pillow


def read_png(path):
    """An 8-bit, non-interlaced PNG as uint8 H x W x C."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise SystemExit(f"{path} is not a PNG. Convert it, or pass a .npy array.")
    position, compressed, palette = 8, b"", None
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        position += 12 + length
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
            if depth != 8 or interlace or color not in (0, 2, 3, 4, 6):
                raise SystemExit(f"{path} must be an 8-bit PNG without interlacing.")
        elif kind == b"PLTE":
            palette = np.frombuffer(body, np.uint8).reshape(-1, 3)
        elif kind == b"IDAT":
            compressed += body
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    image = unfilter(zlib.decompress(compressed), height, width, channels)
    if color == 3:
        return palette[image[..., 0]]
    return image[..., :3] if channels >= 3 else image[..., :1]  # transparency is ignored


def unfilter(raw, height, width, channels):
    """Undo the PNG line filters (RFC 2083, section 6)."""
    stride = width * channels
    lines = np.frombuffer(raw, np.uint8).reshape(height, stride + 1)
    out = np.zeros((height + 1, stride + channels), np.int32)
    for y in range(height):
        kind, line = int(lines[y, 0]), lines[y, 1:].astype(np.int32)
        above, row = out[y], out[y + 1]
        if kind == 0:
            row[channels:] = line
        elif kind == 2:
            row[channels:] = (line + above[channels:]) & 255
        else:
            for x in range(stride):
                left, up, corner = int(row[x]), int(above[x + channels]), int(above[x])
                row[x + channels] = (int(line[x]) + filter_value(kind, left, up, corner)) & 255
    return out[1:, channels:].astype(np.uint8).reshape(height, width, channels)


def filter_value(kind, left, up, corner):
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner  # Paeth
    distances = [(abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner)]
    return min(distances)[2]


def resample(image, size, axis):
    """Triangle-filter resampling of a uint8 image along one axis, bit for bit as one pass of Pillow's BILINEAR."""
    length = image.shape[axis]
    if length == size:
        return image
    scale = length / size
    support = max(scale, 1.0)
    moved = np.moveaxis(image, axis, 0).astype(np.int64)
    out = np.empty((size, *moved.shape[1:]), np.uint8)
    for index in range(size):
        centre = (index + 0.5) * scale
        low, high = max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), length)
        weights = np.maximum(0.0, 1.0 - np.abs((np.arange(low, high) - centre + 0.5) * (1.0 / support)))
        fixed = np.floor(weights * (1.0 / np.cumsum(weights)[-1]) * (1 << PRECISION) + 0.5).astype(np.int64)
        total = np.tensordot(fixed, moved[low:high], axes=1) + (1 << (PRECISION - 1))
        out[index] = np.clip(total >> PRECISION, 0, 255)
    return np.moveaxis(out, 0, axis)


def convert_channels(image, channels):
    if image.shape[2] == channels:
        return image
    if channels == 3:
        return np.repeat(image[..., :1], 3, axis=2)
    red, green, blue = (image[..., i].astype(np.int64) for i in range(3))
    grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16  # ITU-R 601, as Pillow's "L"
    return grey.astype(np.uint8)[..., None]


def crop_centre(image, height, width):
    missing = max(0, height - image.shape[0]), max(0, width - image.shape[1])
    if any(missing):
        (top, bottom), (left, right) = ((m // 2, (m + 1) // 2) for m in missing)
        image = np.pad(image, ((top, bottom), (left, right), (0, 0)))
    top, left = round((image.shape[0] - height) / 2), round((image.shape[1] - width) / 2)
    return image[top : top + height, left : left + width]


def prepare(image, how):
    """uint8 H x W x C to the network's float32 C x H x W."""
    height, width = how["size"]
    old_height, old_width = image.shape[:2]
    if not how.get("resize"):
        scale = max(height / old_height, width / old_width)
        target = [max(height, round(scale * old_height)), max(width, round(scale * old_width))]
    elif old_height <= old_width:
        target = [how["resize"], int(how["resize"] * old_width / old_height)]
    else:
        target = [int(how["resize"] * old_height / old_width), how["resize"]]
    image = crop_centre(resample(resample(image, target[1], 1), target[0], 0), height, width)
    image = convert_channels(image, how["channels"])
    mean, std = np.asarray(how["mean"], np.float32), np.asarray(how["std"], np.float32)
    values = (image.astype(np.float32) / np.float32(255.0) - mean) / std
    return np.ascontiguousarray(values.transpose(2, 0, 1), np.float32)


def load(path, how):
    if path.suffix.lower() != ".npy":
        return prepare(read_png(path), how)[None]
    array = np.load(path, allow_pickle=False)
    if array.dtype == np.float32 and array.ndim == 4:
        return array
    if array.dtype != np.uint8:
        raise SystemExit("The array must be uint8 images, or float32 N x C x H x W already normalised.")
    if array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (1, 3)):
        array = array[None]
    if array.ndim == 3:
        array = array[..., None]
    return np.stack([prepare(image, how) for image in array])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="0: the runtime's own choice")
    arguments = parser.parse_args()
    card = json.loads((HERE / "measurement.json").read_text(encoding="utf-8"))
    names = card.get("classes") or []
    options = ort.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = ort.InferenceSession(str(HERE / "model.onnx"), options, providers=["CPUExecutionProvider"])
    inputs = load(arguments.input, card["preprocessing"])
    predicted = []
    for start in range(0, len(inputs), 64):
        logits = session.run(None, {session.get_inputs()[0].name: inputs[start : start + 64]})[0].astype(np.float64)
        share = np.exp(logits - logits.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        predicted += [(int(row.argmax()), float(row.max())) for row in share]
    for index, (label, probability) in enumerate(predicted):
        name = names[label] if label < len(names) else str(label)
        print(json.dumps({"index": index, "class": label, "name": name, "probability": round(probability, 6)}))
    if arguments.labels:
        labels = np.load(arguments.labels, allow_pickle=False)
        correct = int((np.array([label for label, _ in predicted]) == labels).sum())
        print(f"accuracy {correct}/{len(labels)} = {correct / len(labels):.6f}", file=sys.stderr)


if __name__ == "__main__":
    main()
