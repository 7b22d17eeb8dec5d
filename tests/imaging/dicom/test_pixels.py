import io
from typing import Any

import cv2
import numpy as np
import pytest
from pydicom.uid import (
    HEVCMP51,
    HTJ2K,
    MPEG2MPML,
    MPEG4HP41,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from imaging.dicom import read_dicom
from imaging.dicom import video as dicom_video
from imaging.errors import MissingExtra, UnreadableImage, UnsupportedImage
from imaging.frame import GreyPixels
from imaging.raster import encode_jpeg
from tests.imaging.dicom.fixtures import (
    HTJ2K_RAMP,
    JPEG_LOSSLESS_COLOUR_RAMP,
    JPEG_LOSSLESS_RAMP,
    JPEG_LS_RAMP,
    JPEG_LS_RAMP_WITHIN_2,
    colour,
    colour_ramp,
    compressed,
    dataset,
    grey,
    ramp,
    written,
)


def luma(data: bytes) -> GreyPixels:
    return read_dicom(data).frame(0).pixels


def luma_of(rgb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return rgb @ np.array([0.299, 0.587, 0.114])


NATIVE = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


@pytest.mark.parametrize("syntax", NATIVE)
class TestNative:
    def test_monochrome2(self, syntax: str) -> None:
        np.testing.assert_array_equal(luma(written(dataset([grey()]), syntax)), grey())

    def test_monochrome1_is_inverted(self, syntax: str) -> None:
        data = written(dataset([grey()], PhotometricInterpretation="MONOCHROME1"), syntax)
        np.testing.assert_array_equal(luma(data), 255 - grey())

    @pytest.mark.parametrize("planar", [0, 1])
    def test_rgb(self, syntax: str, planar: int) -> None:
        ds = dataset([colour()], PlanarConfiguration=planar)
        if planar:
            ds.PixelData = np.ascontiguousarray(colour().transpose(2, 0, 1)).tobytes()
        np.testing.assert_allclose(luma(written(ds, syntax)), luma_of(colour()), atol=0.51)

    def test_ybr_full(self, syntax: str) -> None:
        data = written(dataset([colour()], PhotometricInterpretation="YBR_FULL"), syntax)
        np.testing.assert_array_equal(luma(data), colour()[..., 0])

    def test_ybr_full_422(self, syntax: str) -> None:
        y = grey().reshape(-1, 2)
        shared = np.hstack([y, np.full_like(y, 128)])  # Y1 Y2 Cb Cr
        ds = dataset([colour()], PhotometricInterpretation="YBR_FULL_422", PixelData=shared.tobytes())
        np.testing.assert_array_equal(luma(written(ds, syntax)), grey())

    @pytest.mark.parametrize("signed", [0, 1])
    @pytest.mark.parametrize("bits", [10, 12, 16])
    def test_sixteen_bits_keep_the_upper_eight(self, syntax: str, bits: int, signed: int) -> None:
        deep = grey().astype(np.int32) << (bits - 8)
        if signed:
            deep -= 1 << (bits - 1)
        order = ">i2" if syntax == ExplicitVRBigEndian else "<i2"
        ds = dataset([deep.astype(order)], BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed)
        np.testing.assert_array_equal(luma(written(ds, syntax)), grey())

    def test_palette(self, syntax: str) -> None:
        order = ">u2" if syntax == ExplicitVRBigEndian else "<u2"
        rising = (np.arange(256) << 8).astype(order).tobytes()
        ds = dataset([grey()], PhotometricInterpretation="PALETTE COLOR")
        for name, table in (("Red", rising), ("Green", bytes(512)), ("Blue", rising)):
            setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, f"{name}PaletteColorLookupTableData", table)
            ds[f"{name}PaletteColorLookupTableData"].VR = "OW"
        np.testing.assert_allclose(luma(written(ds, syntax)), grey() * 0.413, atol=0.51)


@pytest.mark.parametrize(
    ("syntax", "coded", "within"),
    [
        (JPEGLossless, JPEG_LOSSLESS_RAMP, 0),
        (JPEGLosslessSV1, JPEG_LOSSLESS_RAMP, 0),
        (JPEGLSLossless, JPEG_LS_RAMP, 0),
        (JPEGLSNearLossless, JPEG_LS_RAMP_WITHIN_2, 2),
        (HTJ2K, HTJ2K_RAMP, 0),
        (HTJ2KLossless, HTJ2K_RAMP, 0),
        (HTJ2KLosslessRPCL, HTJ2K_RAMP, 0),
    ],
)
def test_lossless_syntaxes(syntax: str, coded: bytes, within: int) -> None:
    np.testing.assert_allclose(luma(compressed(dataset([ramp()]), syntax, [coded])).astype(int), ramp(), atol=within)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("picture", [grey(), colour()])
def test_rle_and_jpeg_2000_give_the_same_pixels(syntax: str, picture: np.ndarray[Any, Any]) -> None:
    ds = dataset([picture])
    if picture.ndim == 3 and syntax == JPEG2000Lossless:
        ds.PhotometricInterpretation = "YBR_RCT"
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    plain = picture if picture.ndim == 2 else luma_of(picture)
    ds.compress(syntax, picture, generate_instance_uid=False)
    np.testing.assert_allclose(luma(written(ds, syntax)), plain, atol=0.51)


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1])
def test_lossless_jpeg_in_colour(syntax: str) -> None:
    data = compressed(dataset([colour_ramp()]), syntax, [JPEG_LOSSLESS_COLOUR_RAMP])
    np.testing.assert_allclose(luma(data), luma_of(colour_ramp()), atol=0.51)


class TestJpeg:
    @pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGExtended12Bit])
    def test_grey(self, syntax: str) -> None:
        data = compressed(dataset([grey()]), syntax, [encode_jpeg(grey(), quality=100)])
        np.testing.assert_allclose(luma(data), grey(), atol=4)

    def test_monochrome1_is_inverted(self) -> None:
        ds = dataset([grey()], PhotometricInterpretation="MONOCHROME1")
        data = compressed(ds, JPEGBaseline8Bit, [encode_jpeg(grey(), quality=100)])
        np.testing.assert_allclose(luma(data), 255 - grey().astype(int), atol=4)

    def test_colour_gives_the_y_channel(self) -> None:
        coded = encode_jpeg(colour(), quality=100)
        data = compressed(dataset([colour()], PhotometricInterpretation="YBR_FULL_422"), JPEGBaseline8Bit, [coded])
        np.testing.assert_array_equal(luma(data), cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_GRAYSCALE))

    def test_components_that_are_rgb_without_a_marker(self) -> None:
        # cv2 writes YCbCr with a JFIF marker; without it the header alone says that the three planes are RGB.
        coded = encode_jpeg(np.dstack([grey(), grey(), grey()]), quality=100)
        bare = coded[:2] + coded[2 + 18 :]
        as_rgb = luma(compressed(dataset([colour()]), JPEGBaseline8Bit, [bare]))
        expected = 0.299 * grey() + 0.701 * 128  # Y taken for R, both chroma planes (128) for G and B
        np.testing.assert_allclose(as_rgb, expected, atol=4)
        with_marker = luma(compressed(dataset([colour()]), JPEGBaseline8Bit, [coded]))
        np.testing.assert_allclose(with_marker, grey(), atol=4)

    def test_sixteen_bits_are_refused(self) -> None:
        ds = dataset([grey()], BitsAllocated=16, BitsStored=12)
        with pytest.raises(UnsupportedImage, match="16 bits"):
            luma(compressed(ds, JPEGExtended12Bit, [encode_jpeg(grey())]))

    def test_half_a_frame_is_refused(self) -> None:
        coded = encode_jpeg(grey())
        with pytest.raises(UnreadableImage, match="cut short"):
            luma(compressed(dataset([grey()]), JPEGBaseline8Bit, [coded[: len(coded) // 2]]))


@pytest.mark.parametrize(
    "syntax", [JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, HTJ2K, RLELossless]
)
@pytest.mark.parametrize("junk", [b"\0\0", b"\0" * 64, b"\xff\xd8\xff\xe0\0", b"\xff\x4f\xff\x51" + b"\xff" * 60])
def test_junk_in_place_of_a_frame_is_refused(syntax: str, junk: bytes) -> None:
    with pytest.raises(UnreadableImage):
        luma(compressed(dataset([grey()]), syntax, [junk]))


def test_compressed_sizes_are_compared_before_memory_is_taken() -> None:
    huge = bytearray(HTJ2K_RAMP)
    huge[8:16] = (65500).to_bytes(4, "big") * 2
    with pytest.raises(UnreadableImage, match="65500 x 65500 pixels: expected 24 x 16"):
        luma(compressed(dataset([np.zeros((16, 24), np.uint8)]), HTJ2K, [bytes(huge)]))


def test_a_syntax_that_is_not_read_is_named() -> None:
    # pydicom does not write JPEG XL either: an equally long UID takes the place of another.
    data = compressed(dataset([grey()]), HTJ2K, [HTJ2K_RAMP]).replace(b"1.2.4.203", b"1.2.4.110")
    with pytest.raises(UnsupportedImage, match=r"1\.2\.840\.10008\.1\.2\.4\.110"):
        luma(data)


class TestVideo:
    @pytest.mark.parametrize(
        ("syntax", "codec", "container"),
        [(MPEG2MPML, "mpeg2video", "mpeg"), (MPEG4HP41, "libx264", "mp4"), (HEVCMP51, "libx265", "mpegts")],
    )
    def test_frames(self, syntax: str, codec: str, container: str) -> None:
        pytest.importorskip("av", reason="the extra 'video' is not installed")
        pictures = [grey(i, 144, 176) // 2 for i in range(5)]
        image = read_dicom(video_dicom(pictures, syntax, codec, container))
        assert image.frame_count == 5
        for frame, picture in zip(image.frames(), pictures, strict=True):
            assert np.abs(frame.pixels.astype(int) - picture).mean() < 4
        np.testing.assert_array_equal(image.frame(3).pixels, list(image.frames())[3].pixels)

    def test_fewer_pictures_than_stated(self) -> None:
        pytest.importorskip("av", reason="the extra 'video' is not installed")
        data = video_dicom([grey(0, 144, 176)] * 3, MPEG2MPML, "mpeg2video", "mpeg", NumberOfFrames=4)
        with pytest.raises(UnreadableImage, match="ends after 3 frames: expected 4"):
            list(read_dicom(data).frames())

    def test_junk(self) -> None:
        pytest.importorskip("av", reason="the extra 'video' is not installed")
        image = read_dicom(compressed(dataset([grey()]), MPEG2MPML, [b"\0" * 100]))
        with pytest.raises(UnreadableImage, match="cannot be decoded"):
            list(image.frames())

    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dicom_video.importlib.util, "find_spec", lambda name: None)
        with pytest.raises(MissingExtra, match=r"sonoplace\[video\]"):
            read_dicom(compressed(dataset([grey()]), MPEG4HP41, [b"\0\0"]))


def video_dicom(pictures: list[GreyPixels], syntax: str, codec: str, container: str, **elements: Any) -> bytes:
    import av

    stream_bytes = io.BytesIO()
    with av.open(stream_bytes, mode="w", format=container) as output:
        options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream = output.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = pictures[0].shape
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for picture in pictures:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        output.mux(stream.encode(None))
    ds = dataset([np.dstack([picture] * 3) for picture in pictures], PhotometricInterpretation="YBR_PARTIAL_420")
    return compressed(ds, syntax, [stream_bytes.getvalue()], **elements)
