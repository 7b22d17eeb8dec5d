"""Structured report: TID 1500 Measurement Report as a Comprehensive 3D SR (PS3.3 A.35.13, PS3.16)."""

from collections.abc import Sequence

import highdicom.sr as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard
from pydicom.uid import Comprehensive3DSRStorage

from imaging.results import codes
from imaging.results.author import MANUFACTURER, Author
from imaging.results.head import Kind, result_object
from imaging.results.judged import JudgedFrame
from imaging.results.references import evidence
from imaging.results.source import SourceImage
from imaging.results.sr_groups import frame_groups
from imaging.results.uids import sealed

_KIND = Kind("SR", Comprehensive3DSRStorage, "SR", 902, "Needle placement, measured")


def build_sr(source: SourceImage, key_frames: Sequence[JudgedFrame], author: Author) -> Dataset:
    """Report on the frames that matter."""
    groups = [group for frame in key_frames for group in frame_groups(source, frame, author)]
    report = hd.MeasurementReport(
        observation_context=hd.ObservationContext(observer_device_context=_observer(author)),
        procedure_reported=codes.IMAGING_PROCEDURE,
        imaging_measurements=groups,
        title=codes.MEASUREMENT_REPORT,
    )
    result = result_object(source, author, _KIND)
    result.CompletionFlag, result.VerificationFlag, result.PreliminaryFlag = "COMPLETE", "UNVERIFIED", "PRELIMINARY"
    result.ReferencedPerformedProcedureStepSequence = []
    result.PerformedProcedureCodeSequence = []
    result.CurrentRequestedProcedureEvidenceSequence = evidence(source)
    for element in report[0]:
        result.add(element)
    return sealed(result)


def _observer(author: Author) -> hd.ObserverContext:
    """The software as the device that observed (TID 1004)."""
    attributes = hd.DeviceObserverIdentifyingAttributes(
        uid=author.device_uid,
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=author.model.name,
        serial_number=author.model.sha256,
    )
    return hd.ObserverContext(standard.DCM.Device, attributes)
