"""What is kept of a file holds nothing about a person, and the judged picture exactly."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.datadict import DicomDictionary
from pydicom.uid import JPEGBaseline8Bit

from imaging.dicom.header import reading_elements
from imaging.geometry import BoxPx
from imaging.raster import encode_jpeg
from service.media import Media
from service.reading import Reading
from service.source import Source, open_source
from service.store.burned_in import StillPicture, find_text
from service.store.deidentify import KeptPicture, write_kept_dicom, write_kept_picture
from service.store.identifiers import IdentifierKey
from tests.imaging.dicom.fixtures import compressed, dataset, grey, region, written

TEXT_VRS = {"LO", "SH", "PN", "LT", "ST", "UT", "UC", "AE", "CS"}
SECRETS = {
    "UI": "1.2.826.0.1.3680043.9.777777",
    "DA": "19610203",
    "TM": "112233",
    "AS": "063Y",
    "DT": "19610203112233",
    "UR": "http://SECRET.invalid",
}
NAME = "SECRET^NAME"
STRUCTURAL = {
    "SOPClassUID", "Modality", "PhotometricInterpretation", "SpecificCharacterSet", "TransferSyntaxUID", "Laterality",
}  # fmt: skip


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> IdentifierKey:
    return IdentifierKey(tmp_path_factory.mktemp("key") / "identifiers.key")


def keep(
    original: Path, target: Path, key: IdentifierKey, reading: Reading | None = None
) -> tuple[Source, KeptPicture]:
    source = open_source(original, Media.DICOM, reading or Reading(), 5_000)
    return source, write_kept_dicom(original, source, target, key)


def full_of_secrets() -> Dataset:
    """Every attribute of the dictionary that can hold a text, a date or a UID, also within regions and privately."""
    ds = dataset([grey(0), grey(1), grey(2)], FrameTime="33.3", CineRate="30")
    _fill(ds)
    place = region()
    place.PatientName, place.RegionFlags = NAME, 0
    place.private_block(0x0019, "SECRET VENDOR", create=True).add_new(1, "LO", NAME)
    ds.SequenceOfUltrasoundRegions = [place]
    nested = Dataset()
    nested.PatientName, nested.PatientID = NAME, NAME
    ds.RequestAttributesSequence, ds.OtherPatientIDsSequence = [nested], [nested]
    ds.private_block(0x0029, "SECRET VENDOR", create=True).add_new(1, "OB", NAME.encode() + b" ")
    return ds


def _fill(ds: Dataset) -> None:
    for tag, (vr, multiplicity, _, retired, keyword) in DicomDictionary.items():
        repeats = "0" <= multiplicity[0] <= "1"
        if not keyword or retired or keyword in STRUCTURAL or tag >> 16 < 8 or not repeats:
            continue
        if vr in TEXT_VRS:
            ds.add_new(tag, vr, NAME.replace("^", " ") if vr == "CS" else NAME)
        elif vr in SECRETS:
            ds.add_new(tag, vr, SECRETS[vr])


def values_of(ds: Dataset) -> Iterator[str]:
    for element in ds.iterall():
        if element.VR not in ("SQ", "OB", "OW") and element.value not in (None, ""):
            yield str(element.value)


def test_no_known_identifying_string_is_kept(tmp_path: Path, key: IdentifierKey) -> None:
    original, target = tmp_path / "original.dcm", tmp_path / "kept.dcm"
    original.write_bytes(written(full_of_secrets()))
    assert original.read_bytes().count(b"SECRET") > 1_000
    keep(original, target, key)
    content = target.read_bytes()
    for secret in (b"SECRET", b"NAME", *(secret.encode() for secret in SECRETS.values())):
        assert secret not in content, secret
    kept = dcmread(target)
    assert not [element for element in kept.iterall() if element.tag.is_private]
    assert (float(kept.FrameTime), float(kept.CineRate), kept.NumberOfFrames) == (33.3, 30.0, 3)


def test_an_element_of_another_kind_than_its_name_says_is_dropped(tmp_path: Path, key: IdentifierKey) -> None:
    ds = dataset([grey()])
    ds.add_new("SeriesNumber", "LO", NAME)
    place = region()
    place["RegionFlags"].VR, place["RegionFlags"].value = "LO", NAME
    ds.SequenceOfUltrasoundRegions = [place]
    (tmp_path / "original.dcm").write_bytes(written(ds))
    keep(tmp_path / "original.dcm", tmp_path / "kept.dcm", key)
    assert b"SECRET" not in (tmp_path / "kept.dcm").read_bytes()


def test_it_says_what_was_done(tmp_path: Path, key: IdentifierKey) -> None:
    (tmp_path / "original.dcm").write_bytes(written(dataset([grey()], BurnedInAnnotation="YES")))
    keep(tmp_path / "original.dcm", tmp_path / "kept.dcm", key)
    kept = dcmread(tmp_path / "kept.dcm")
    assert (kept.PatientIdentityRemoved, kept.BurnedInAnnotation) == ("YES", "NO")
    assert [code.CodeValue for code in kept.DeidentificationMethodCodeSequence] == ["113100", "113101"]


def test_identifiers_are_mapped_by_the_sites_key(tmp_path: Path, key: IdentifierKey) -> None:
    other_key = IdentifierKey(tmp_path / "other.key")
    kept = []
    for name, sop, judge in (("a", "1.2.3.1", key), ("b", "1.2.3.2", key), ("c", "1.2.3.1", other_key)):
        (tmp_path / name).write_bytes(written(dataset([grey()], SOPInstanceUID=sop, PatientID="4711")))
        keep(tmp_path / name, tmp_path / f"{name}.kept", judge)
        kept.append(dcmread(tmp_path / f"{name}.kept"))
    one, same_study, other_site = kept
    assert one.StudyInstanceUID == same_study.StudyInstanceUID != other_site.StudyInstanceUID
    assert one.PatientID == same_study.PatientID != other_site.PatientID
    assert len({ds.SOPInstanceUID for ds in kept}) == 3
    assert one.SOPInstanceUID == key.uid("1.2.3.1")


def test_outside_is_black_and_inside_is_exact(tmp_path: Path, key: IdentifierKey) -> None:
    frames = [grey(index) for index in range(3)]
    ds = dataset(frames, SequenceOfUltrasoundRegions=[region()])
    coded = [encode_jpeg(frame, quality=95) for frame in frames]
    (tmp_path / "original.dcm").write_bytes(compressed(ds, JPEGBaseline8Bit, coded))
    source, found = keep(tmp_path / "original.dcm", tmp_path / "kept.dcm", key)
    again = open_source(tmp_path / "kept.dcm", Media.DICOM, Reading(), 10)
    assert found.bmode == source.frame(0).bmode == again.frame(0).bmode
    for before, after in zip(source.frames(), again.frames(), strict=True):
        assert_kept(before.pixels, after.pixels, found.bmode)
        assert before.spacing == after.spacing


def assert_kept(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], box: BoxPx) -> None:
    inside = (slice(box.y0, box.y1), slice(box.x0, box.x1))
    np.testing.assert_array_equal(after[inside], before[inside])
    outside = after.copy()
    outside[inside] = 0
    assert not outside.any()


def test_a_plain_picture_is_blanked_too(tmp_path: Path) -> None:
    pixels = np.zeros((120, 160), np.uint8)
    pixels[40:110, 20:140] = speckle(70, 120)
    cv2.putText(pixels, "DOE JOHN", (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255)
    encoded = cv2.imencode(".png", pixels)[1].tobytes()
    source = open_source(encoded, Media.PNG, Reading(bmode=BoxPx(20, 40, 140, 110)), 1)
    write_kept_picture(source, tmp_path / "kept.png")
    after = cv2.imread(str(tmp_path / "kept.png"), cv2.IMREAD_GRAYSCALE)
    assert_kept(pixels, np.asarray(after, np.uint8), BoxPx(20, 40, 140, 110))


REAL = [
    "color3d_jpeg_baseline.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "OBXXXX1A_rle_2frame.dcm", "US1_J2KR.dcm",
    "gdcm-US-ALOKA-16.dcm", "RGB_CINE.zip", "GREYSCALE_CINE.zip", "RGB_IMAGE.dcm", "GREYSCALE_IMAGE.dcm",
]  # fmt: skip


def real_file(name: str, folder: Path) -> Path:
    spec = find_spec("deid_data")
    ours = (
        Path(spec.submodule_search_locations[0]) / "data" / "ultrasounds"
        if spec and spec.submodule_search_locations
        else None
    )
    if ours is not None and (ours / name).is_file():
        if not name.endswith(".zip"):
            return ours / name
        with zipfile.ZipFile(ours / name) as archive:
            inner = next(item for item in archive.namelist() if item.endswith(".dcm") and "__MACOSX" not in item)
            return Path(archive.extract(inner, folder))
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"{name} is not installed (pydicom-data or deid-data)")
    return Path(str(path))


@pytest.mark.parametrize("name", REAL)
def test_real_files_keep_their_picture_and_lose_the_rest(name: str, tmp_path: Path, key: IdentifierKey) -> None:
    original, target = real_file(name, tmp_path), tmp_path / "kept.dcm"
    source, found = keep(original, target, key)
    again = open_source(target, Media.DICOM, Reading(bmode=found.bmode), 5_000)
    assert again.frame_count == source.frame_count
    assert again.frame_time_ms == source.frame_time_ms
    for index in {0, source.frame_count - 1}:
        assert_kept(source.frame(index).pixels, again.frame(index).pixels, found.bmode)
        assert again.frame(index).spacing == source.frame(index).spacing
    assert target.stat().st_size <= original.stat().st_size
    kept, content = dcmread(target), target.read_bytes()
    with reading_elements():
        before = dcmread(original, stop_before_pixels=True)
        for keyword in (
            "PatientName",
            "PatientID",
            "InstitutionName",
            "StudyDate",
            "SOPInstanceUID",
            "AccessionNumber",
        ):
            value = str(before.get(keyword) or "")
            assert len(value) < 4 or value.encode() not in content, keyword
    assert kept.BurnedInAnnotation == ("YES" if found.text_px else "NO")


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="Debian package dicom3tools is not installed")
@pytest.mark.parametrize("name", REAL)
def test_what_is_kept_is_a_valid_image(name: str, tmp_path: Path, key: IdentifierKey) -> None:
    original, target = real_file(name, tmp_path), tmp_path / "kept.dcm"
    keep(original, target, key)
    validator = ["dciodvfy", str(target)]
    ended = subprocess.run(validator, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - Debian's own
    errors = [line for line in ended.stderr.splitlines() if line.startswith("Error")]
    if not {"FrameTime", "FrameTimeVector"} & set(dcmread(target).dir()):  # the source does not say, nor can we
        errors = [line for line in errors if "FrameIncrementPointer" not in line]
    assert errors == []


WITH_TEXT = {
    "RGB_CINE.zip": True,
    "GREYSCALE_CINE.zip": True,
    "RGB_IMAGE.dcm": True,
    "GREYSCALE_IMAGE.dcm": True,
    "JPGLosslessP14SV1_1s_1f_8b.dcm": True,
    "gdcm-US-ALOKA-16.dcm": True,
    "color3d_jpeg_baseline.dcm": False,
}
"""Looked at: whether machine text stands inside the ultrasound region."""


@pytest.mark.parametrize(("name", "has_text"), WITH_TEXT.items())
def test_text_inside_real_regions_is_reported(name: str, has_text: bool, tmp_path: Path) -> None:
    source = open_source(real_file(name, tmp_path), Media.DICOM, Reading(), 5_000)
    still = StillPicture()
    for frame in source.frames():
        still.add(frame.pixels)
    assert bool(still.text(source.frame(0).bmode)) == has_text


def speckle(rows: int, columns: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    noise = np.random.default_rng(seed).rayleigh(45, (rows // 2 + 1, columns // 3 + 1)).astype(np.float32)
    return np.clip(cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC), 0, 200).astype(np.uint8)


@pytest.mark.parametrize("size", [0.4, 0.55, 1.0])
@pytest.mark.parametrize("level", [150, 200, 255])
def test_written_text_is_found_where_it_stands(size: float, level: int) -> None:
    random = np.random.default_rng(int(10 * size) + level)
    hits = 0
    for _ in range(10):
        word = "".join(random.choice(list("ABCDEFGHKLMNPRSTUVXYZ0235689"), random.integers(5, 12)))
        x, y = int(random.integers(10, 60)), int(random.integers(40, 220))
        still = StillPicture()
        for seed in range(6):
            pixels = speckle(240, 420, seed)
            cv2.putText(pixels, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, level, 1, cv2.LINE_AA)
            still.add(pixels)
        found = still.text(BoxPx(0, 0, 420, 240))
        hits += any(box.x0 >= x - 3 and y - 30 <= box.y0 <= y and box.y1 <= y + 8 for box in found)
    assert hits >= 9


@pytest.mark.parametrize("seed", range(5))
def test_speckle_is_no_text(seed: int) -> None:
    still = StillPicture()
    for frame in range(6):
        still.add(speckle(240, 320, 10 * seed + frame))
    assert still.text(BoxPx(0, 0, 320, 240)) == ()


def test_text_outside_the_rectangle_is_not_looked_for() -> None:
    pixels = np.zeros((100, 200), np.uint8)
    cv2.putText(pixels, "OUTSIDE", (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255)
    assert find_text(pixels, BoxPx(0, 40, 200, 100)) == ()
    assert find_text(pixels, BoxPx(0, 0, 200, 40)) != ()


def test_the_kept_file_is_the_same_every_time(tmp_path: Path, key: IdentifierKey) -> None:
    (tmp_path / "original.dcm").write_bytes(written(dataset([grey(0), grey(1)])))
    kept = []
    for name in ("once", "twice"):
        keep(tmp_path / "original.dcm", tmp_path / name, key)
        kept.append((tmp_path / name).read_bytes())
    assert kept[0] == kept[1]
    assert io.BytesIO(kept[0]).read(132)[128:] == b"DICM"
