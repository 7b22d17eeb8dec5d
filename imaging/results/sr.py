"""Structured report: TID 1500 Measurement Report as a Comprehensive 3D SR (PS3.3 A.35.13, PS3.16)."""

from collections.abc import Sequence

import highdicom.sr as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard
from pydicom.uid import Comprehensive3DSRStorage

from imaging.procedure import ProcedureAssessment
from imaging.results import codes
from imaging.results.author import MANUFACTURER, Author
from imaging.results.head import Kind, result_object
from imaging.results.judged import JudgedFrame
from imaging.results.references import evidence
from imaging.results.sealing import DicomResult, sealed
from imaging.results.source import SourceImage
from imaging.results.sr_groups import frame_groups
from imaging.results.sr_procedure import procedure_group

_KIND = Kind("SR", Comprehensive3DSRStorage, "SR", 902, "Needle placement, measured")


def build_sr(
    source: SourceImage, frames: Sequence[JudgedFrame], assessed: ProcedureAssessment, author: Author
) -> DicomResult:
    """Report on a procedure and on the frames that its verdict rests on.

    Parameters
    ----------
    frames
        Every judged frame; the report speaks of the key ones.
    assessed
        What is said about the procedure; a single picture is a procedure of one frame.
    """
    keys = key_frames(frames, assessed)
    groups = [procedure_group(source, assessed, keys[0], author), *frame_groups(source, keys, author)]
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
    _name_true_class(result, source)
    return sealed(result)


def key_frames(frames: Sequence[JudgedFrame], assessed: ProcedureAssessment) -> list[JudgedFrame]:
    """Frame that shows the tip's stand best, and that of the injection; without either, the one that shows most."""
    stand, injection = assessed.stand, assessed.key_frames.injection
    wanted = {index for index in (stand.at.frame_index if stand else None, injection) if index is not None}
    found = [frame for frame in frames if frame.index in wanted]
    return found or [max(frames, key=lambda frame: (frame.needle.confidence, frame.recess.confidence))]


def _name_true_class(result: Dataset, source: SourceImage) -> None:
    """Give references the image's own class, where it is a retired one that highdicom does not know."""
    if source.present_class_uid != source.sop_class_uid:
        for element in result.iterall():
            if element.keyword == "ReferencedSOPClassUID":
                element.value = source.sop_class_uid


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
