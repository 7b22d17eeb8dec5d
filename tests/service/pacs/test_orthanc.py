"""The whole way with a real archive: images from it, results back into it, found and fetched by standard means."""

import io
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from imaging.onnx_model import load_model
from imaging.results import JudgedFrame, SourceImage
from imaging.rules import ScoringRules
from imaging.segmentation import Tissue
from sample_dicoms import __file__ as samples
from service.engine import Engine
from service.media import Media
from service.pacs.gateway import Gateway, GatewayOptions
from service.pacs.link import OUTBOX
from service.pacs.outbox import Outbox, PushState
from service.reading import Reading
from service.results.build import ResultKind, ResultOptions, build_results
from service.settings import Settings
from service.source import open_source
from service.store.store import Store, open_store
from service.stored_frames import stored_source
from tests.service.backends import free_port
from tests.service.pacs import orthanc
from tests.service.pacs.running_service import running_service

pytest.importorskip("pynetdicom", reason="pynetdicom (extra pacs) is not installed")
dicomweb_client = pytest.importorskip("dicomweb_client", reason="dicomweb-client (extra audit) is not installed")
pytestmark = pytest.mark.skipif(orthanc.missing() is not None, reason=str(orthanc.missing()))

SAMPLES = Path(samples).parent
BY_STOW, BY_DIMSE = SAMPLES / "correct_placement.dcm", SAMPLES / "miss_prefemoral_fat.dcm"


@dataclass(frozen=True)
class Hospital:
    """An archive, the service with its gateway, and a DICOMweb client of the archive."""

    archive: orthanc.Orthanc
    gateway_port: int
    engine: Engine
    store: Store
    outbox: Outbox
    client: Any

    def results(self, cine: Path) -> dict[str, Dataset]:
        """Results in the study of a cine by modality, fetched by WADO-RS as soon as QIDO-RS finds all three."""
        original = dcmread(cine, stop_before_pixels=True)
        until = time.monotonic() + 120
        while len(found := self._found(original)) < 3:
            assert time.monotonic() < until, [item["00080060"]["Value"] for item in found]
            time.sleep(0.2)
        study = original.StudyInstanceUID
        fetched = [self.client.retrieve_instance(study, _uid(i, "0020000E"), _uid(i, "00080018")) for i in found]
        return {str(ds.SOPClassUID): ds for ds in fetched}

    def _found(self, original: Dataset) -> list[dict[str, Any]]:
        everything = self.client.search_for_instances(original.StudyInstanceUID, fields=["Modality"])
        return [item for item in everything if _uid(item, "00080018") != original.SOPInstanceUID]


SEG, SR, SC = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.88.34", "1.2.840.10008.5.1.4.1.1.7.4"


def _uid(item: dict[str, Any], tag: str) -> str:
    return str(item[tag]["Value"][0])


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("hospital")
    archive = orthanc.Orthanc(free_port(), free_port())
    engine = Engine(load_model(Settings().model_dir), ScoringRules())
    settings = Settings(
        data_dir=folder / "data", workers=1, pacs_url=archive.dicomweb_url, pacs_retry_s=0.2, pacs_retry_most_s=1.0
    )
    with ExitStack() as stack:
        url = stack.enter_context(running_service(settings, engine.segmenter))  # before the archive is there
        gateway = Gateway(GatewayOptions(url, port=0)).open()
        stack.callback(gateway.shutdown)
        port = int(gateway.server_address[1])
        stack.enter_context(orthanc.running(folder, archive, orthanc.Neighbours(f"{url}dicom-web", port)))
        store = open_store(settings)
        stack.callback(store.close)
        client = dicomweb_client.DICOMwebClient(archive.dicomweb_url)
        client.store_instances([dcmread(BY_STOW)])
        outbox = Outbox(settings.data_dir / OUTBOX)
        stack.callback(outbox.close)
        yield Hospital(archive, port, engine, store, outbox, client)


def test_a_cine_forwarded_by_stow_gets_its_results(hospital: Hospital) -> None:
    uid = dcmread(BY_STOW, stop_before_pixels=True).SOPInstanceUID
    resources = {"Resources": [hospital.archive.instance(uid)], "Synchronous": True}
    hospital.archive.ask("/dicom-web/servers/sonoplace/stow", resources)
    results = hospital.results(BY_STOW)
    assert set(results) == {SEG, SR, SC}
    assert _is_of(results, dcmread(BY_STOW, stop_before_pixels=True))


def _is_of(results: dict[str, Dataset], original: Dataset) -> bool:
    keywords = ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate")
    return all(ds.get(keyword) == original.get(keyword) for ds in results.values() for keyword in keywords)


@pytest.mark.skipif(shutil.which("storescu") is None, reason="Debian package dcmtk is not installed")
def test_a_cine_sent_by_storescu_gets_its_results(hospital: Hospital) -> None:
    for port, title in ((hospital.archive.dicom_port, "ORTHANC"), (hospital.gateway_port, "SONOPLACE")):
        command = ["storescu", "-xy", "-aec", title, "127.0.0.1", str(port), str(BY_DIMSE)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)  # noqa: S603 - Debian's own
    results = hospital.results(BY_DIMSE)
    assert set(results) == {SEG, SR, SC}
    assert _is_of(results, dcmread(BY_DIMSE, stop_before_pixels=True))


def test_an_archive_that_forwards_by_c_store_is_heard_too(hospital: Hospital) -> None:
    uid = dcmread(BY_STOW, stop_before_pixels=True).SOPInstanceUID
    sent = hospital.archive.ask("/modalities/sonoplace/store", {"Resources": [hospital.archive.instance(uid)]})
    assert (sent["InstancesCount"], sent["FailedInstancesCount"]) == (1, 0)


def test_pixels_come_back_as_they_were_sent(hospital: Hospital) -> None:
    fetched, header = hospital.results(BY_STOW), dcmread(BY_STOW, stop_before_pixels=True)
    for kind, sop_class in ((ResultKind.SEG, SEG), (ResultKind.SC, SC)):
        sent = _rebuilt(hospital, kind, header)
        assert fetched[sop_class].SOPInstanceUID == sent.SOPInstanceUID
        assert fetched[sop_class].PixelData == sent.PixelData
    cine = hospital.client.retrieve_instance(header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID)
    assert cine.PixelData == dcmread(BY_STOW).PixelData


def _rebuilt(hospital: Hospital, kind: ResultKind, header: Dataset) -> Dataset:
    total, rows = hospital.store.page(10, 0)
    assert total
    row = next(row for row in rows if row.sop_uid_hmac == hospital.store.identifiers.hashed(header.SOPInstanceUID))
    source = stored_source(hospital.store, row)
    made = build_results(SourceImage(header), source, hospital.engine, [kind], ResultOptions())
    return dcmread(io.BytesIO(made[kind]))


def test_the_segmentation_is_what_the_network_says_of_the_untouched_cine(hospital: Hospital) -> None:
    seg = hospital.results(BY_STOW)[SEG]
    source = open_source(BY_STOW, Media.DICOM, Reading(), 5_000)
    numbers = [item.SegmentLabel for item in seg.SegmentSequence]
    index = 20
    judged = JudgedFrame.of(hospital.engine.analyse(source.frame(index)), rules=hospital.engine.rules)
    planes = seg.pixel_array
    for plane, item in zip(planes, seg.PerFrameFunctionalGroupsSequence, strict=True):
        source_image = item.DerivationImageSequence[0].SourceImageSequence[0]
        if int(source_image.ReferencedFrameNumber) != index + 1:
            continue
        label = numbers[item.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1]
        tissue = Tissue.NEEDLE if "eedle" in label else Tissue.RECESS
        np.testing.assert_array_equal(plane.astype(bool), judged.mask(tissue))


def test_sending_everything_again_adds_nothing(hospital: Hospital) -> None:
    results = hospital.results(BY_STOW)
    count = len(hospital.archive.ask("/instances"))
    outbox = hospital.outbox
    for push in outbox.listed(PushState.DELIVERED):
        outbox.ready(push.procedure_id)
    until = time.monotonic() + 180
    while outbox.counts()[PushState.WAITING] and time.monotonic() < until:
        time.sleep(0.1)
    assert outbox.counts()[PushState.WAITING] == outbox.counts()[PushState.DEAD] == 0
    assert len(hospital.archive.ask("/instances")) == count
    again = hospital.results(BY_STOW)
    assert {uid: ds.SOPInstanceUID for uid, ds in again.items()} == {u: ds.SOPInstanceUID for u, ds in results.items()}
