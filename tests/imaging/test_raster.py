import contextlib
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import BadInput, ImageTooLarge, UnreadableImage
from imaging.geometry import GridToFrame
from imaging.raster import (
    PixelLimit,
    decode_grey,
    encode_jpeg,
    encode_png,
    jpeg_size,
    luma,
    png_size,
    resample,
    resample_labels,
)

GREY = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
COLOURS = np.array([[RED, GREEN], [BLUE, WHITE]], dtype=np.uint8)
LUMA = np.array([[76, 150], [29, 255]])  # ITU-R BT.601


def png(rows: int, columns: int, depth: int, colour_type: int, samples: bytes) -> bytes:
    """PNG written by the book, one filter byte before each row."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    length = len(samples) // rows
    lines = b"".join(b"\0" + samples[i * length : (i + 1) * length] for i in range(rows))
    header = struct.pack(">IIBBBBB", columns, rows, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


class TestDecoding:
    def test_grey_png(self) -> None:
        np.testing.assert_array_equal(decode_grey(png(4, 6, 8, 0, GREY.tobytes())), GREY)

    def test_rgb_png_gives_luma(self) -> None:
        np.testing.assert_allclose(decode_grey(png(2, 2, 8, 2, COLOURS.tobytes())), LUMA, atol=1)

    def test_alpha_is_ignored(self) -> None:
        see_through = np.dstack([COLOURS, np.array([[0, 10], [255, 0]], np.uint8)])
        np.testing.assert_allclose(decode_grey(png(2, 2, 8, 6, see_through.tobytes())), LUMA, atol=1)

    def test_sixteen_bits_keep_the_upper_eight(self) -> None:
        deep = ((GREY.astype(int) << 8) + 77).astype(">u2")
        np.testing.assert_array_equal(decode_grey(png(4, 6, 16, 0, deep.tobytes())), GREY)

    def test_jpeg_gives_the_y_channel(self) -> None:
        flat = np.full((16, 16, 3), RED, dtype=np.uint8)
        assert np.all(np.abs(decode_grey(encode_jpeg(flat)).astype(int) - 76) <= 1)

    def test_exif_orientation_is_ignored(self) -> None:
        wide = encode_jpeg(np.zeros((16, 32), np.uint8))
        tiff = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + b"\0\0\0\0"  # turned by 90°
        exif = b"Exif\0\0" + tiff
        turned = wide[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + wide[2:]
        assert decode_grey(turned).shape == (16, 32)

    def test_over_the_limit(self) -> None:
        with pytest.raises(ImageTooLarge, match="6 x 4 pixels: expected at most 23"):
            decode_grey(encode_png(GREY), PixelLimit(23))
        assert decode_grey(encode_png(GREY), PixelLimit(24)).shape == (4, 6)

    @pytest.mark.parametrize("size", [(60000, 60000), (2**31, 2**31)])
    def test_size_is_read_before_memory_is_taken(self, size: tuple[int, int]) -> None:
        with pytest.raises(ImageTooLarge):
            decode_grey(png(1, 1, 8, 0, b"\0").replace(struct.pack(">II", 1, 1), struct.pack(">II", *size)))

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"GIF89a" + bytes(40),
            b"\x89PNG\r\n\x1a\n",
            b"\x89PNG\r\n\x1a\n" + bytes(40),
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xda\0\x02\xff\xd9",
            encode_jpeg(GREY)[:-100],
            encode_png(np.eye(64, dtype=np.uint8))[:60],
            encode_png(GREY)[:33] + b"\x7f" + encode_png(GREY)[34:],  # a chunk that asks for 2 GB
            png(1, 1, 8, 0, b"\0").replace(struct.pack(">II", 1, 1), struct.pack(">II", 0, 1)),
        ],
    )
    def test_what_is_no_whole_picture(self, data: bytes) -> None:
        with pytest.raises(UnreadableImage):
            decode_grey(data)

    @given(st.integers(0, 300), st.integers(0, 255))
    def test_a_wrong_byte_gives_a_picture_or_an_error_of_ours(self, at: int, value: int) -> None:
        for whole in (encode_jpeg(GREY), encode_png(GREY)):
            data = bytearray(whole)
            data[at % len(data)] = value
            with contextlib.suppress(UnreadableImage, ImageTooLarge):
                assert decode_grey(bytes(data)).ndim == 2


def test_sizes_from_headers() -> None:
    assert jpeg_size(encode_jpeg(GREY)) == (6, 4)
    assert png_size(encode_png(GREY)) == (6, 4)


class TestEncoding:
    @pytest.mark.parametrize("picture", [GREY, COLOURS])
    def test_png_keeps_every_pixel(self, picture: np.ndarray) -> None:
        back = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(back if picture.ndim == 2 else back[..., ::-1], picture)

    def test_the_same_pixels_give_the_same_bytes(self) -> None:
        assert encode_png(COLOURS) == encode_png(COLOURS.copy())

    def test_jpeg_is_rgb_in_the_order_of_the_array(self) -> None:
        flat = np.full((16, 16, 3), BLUE, dtype=np.uint8)
        back = cv2.imdecode(np.frombuffer(encode_jpeg(flat), np.uint8), cv2.IMREAD_COLOR)
        assert tuple(back[8, 8] > 128) == (True, False, False)  # cv2 decodes to B, G, R

    @pytest.mark.parametrize("wrong", [GREY.astype(float), GREY[0], np.zeros((2, 2, 4), np.uint8), GREY[:0]])
    def test_other_arrays_are_refused(self, wrong: np.ndarray) -> None:
        with pytest.raises(BadInput, match="expected uint8"):
            encode_png(wrong)

    def test_luma(self) -> None:
        np.testing.assert_array_equal(luma(COLOURS), LUMA)


def ramps() -> tuple[np.ndarray, np.ndarray]:
    """Pictures whose grey level is four times the column, and four times the row."""
    y, x = np.mgrid[:64, :64].astype(np.uint8)
    return 4 * x, 4 * y


GRIDS = [
    GridToFrame(0, 0, 1, 1),
    GridToFrame(3.25, 2.5, 0.7, 0.9),
    GridToFrame(4.3, 10.7, 1.953125, 1.484375),
    GridToFrame(0.5, 0.5, 2, 2),
    GridToFrame(5.3, 7.1, 3.3, 2),
    GridToFrame(2, 3, 0.5, 1.5),
    GridToFrame(1.9, 1.1, 1.0001, 1.9),
    GridToFrame(3, 3, 5.1, 4.8),
]


class TestResampling:
    @pytest.mark.parametrize("grid", GRIDS)
    def test_a_grid_pixel_shows_what_lies_at_its_centre(self, grid: GridToFrame) -> None:
        count = int(50 / max(grid.step_x, grid.step_y))
        index = np.arange(count)
        for ramp, expected, axis in zip(
            ramps(),
            (grid.origin_x + grid.step_x * index, grid.origin_y + grid.step_y * index),
            (0, 1),
            strict=True,
        ):
            # Rounding pushes a rising and a falling ramp the same way, a shift pushes them apart.
            rising = resample(ramp, grid, count, count).astype(float)
            falling = resample(252 - ramp, grid, count, count).astype(float)
            position = ((rising - falling + 252) / 2).mean(axis) / 4
            np.testing.assert_allclose(position, expected, atol=0.3)  # one grey level and its rounding
            assert abs(np.mean(position - expected)) < 0.15

    def test_an_identical_grid_changes_nothing(self) -> None:
        np.testing.assert_array_equal(resample(GREY, GridToFrame(0, 0, 1, 1), 4, 6), GREY)

    def test_a_step_of_two_is_the_mean_of_four_pixels(self) -> None:
        small = resample(GREY, GridToFrame(0.5, 0.5, 2, 2), 2, 3)
        np.testing.assert_array_equal(small, GREY.reshape(2, 2, 3, 2).mean(axis=(1, 3)))

    @pytest.mark.parametrize("step", [1.5, 2, 2.7, 4])
    def test_what_is_finer_than_the_grid_becomes_grey(self, step: float) -> None:
        board = ((np.add.outer(np.arange(120), np.arange(120)) % 2) * 200).astype(np.uint8)
        count = int(100 / step)
        small = resample(board, GridToFrame(5.3, 5.7, step, step), count, count)
        assert np.all(np.abs(small.astype(int) - 100) <= (60 if step < 2 else 25))

    @pytest.mark.parametrize("step", [0.5, 1.0, 2.5])
    def test_outside_the_picture_is_black(self, step: float) -> None:
        white = np.full((10, 12), 255, np.uint8)
        grid = GridToFrame(-10, -10, step, step)
        out = resample(white, grid, 80, 80)
        x = grid.origin_x + step * np.arange(80)
        inside = np.logical_and.outer((x > step) & (x < 9 - step), (x > step) & (x < 11 - step))
        outside = np.logical_or.outer((x < -step) | (x > 9 + step), (x < -step) | (x > 11 + step))
        assert np.all(out[inside] == 255)
        assert np.all(out[outside] == 0)

    @pytest.mark.parametrize("origin", [-500.0, 500.0])
    @pytest.mark.parametrize("step", [0.7, 2.3])
    def test_a_grid_beside_the_picture_is_black(self, origin: float, step: float) -> None:
        assert not resample(np.full((10, 12), 255, np.uint8), GridToFrame(origin, origin, step, step), 8, 8).any()

    @pytest.mark.parametrize("step", [(1e8, 1e8), (1e8, 0.2), (0.2, 1e8)])
    def test_a_grid_that_would_take_unreasonable_memory_is_refused(self, step: tuple[float, float]) -> None:
        with pytest.raises(ImageTooLarge, match="expected at most 67108864"):
            resample(GREY, GridToFrame(0.0, 0.0, *step), 384, 384)

    def test_the_source_is_left_alone(self) -> None:
        fixed = GREY.copy()
        fixed.setflags(write=False)
        resample(fixed, GridToFrame(0.2, 0.2, 1.7, 1.7), 2, 3)
        np.testing.assert_array_equal(fixed, GREY)


class TestLabels:
    LABELS = np.array([[1, 2], [3, 4]], dtype=np.uint8)

    def test_every_frame_pixel_takes_the_nearest_grid_pixel(self) -> None:
        # Grid centres lie at x = 1, 3 and y = 0.5, 2.5; the cells reach from 0 to 4 and from -0.5 to 3.5.
        placed = resample_labels(self.LABELS, GridToFrame(1, 0.5, 2, 2), 5, 6)
        expected = [[1, 1, 2, 2, 0, 0], [1, 1, 2, 2, 0, 0], [3, 3, 4, 4, 0, 0], [3, 3, 4, 4, 0, 0], [0] * 6]
        np.testing.assert_array_equal(placed, expected)

    @given(st.floats(-3, 8), st.floats(-3, 8), st.floats(0.3, 4), st.floats(0.3, 4))
    def test_law_each_pixel_agrees_with_the_map_of_its_centre(
        self, origin_x: float, origin_y: float, step_x: float, step_y: float
    ) -> None:
        grid = GridToFrame(origin_x, origin_y, step_x, step_y)
        placed = resample_labels(self.LABELS, grid, 6, 7)
        for row in range(6):
            for column in range(7):
                x, y = np.floor(grid.to_grid(np.array([[column, row]], dtype=float))[0] + 0.5).astype(int)
                inside = 0 <= x < 2 and 0 <= y < 2
                assert placed[row, column] == (self.LABELS[y, x] if inside else 0)
