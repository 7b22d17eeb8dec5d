"""Results of drawn frames: an image header without a patient, and answers whose numbers one can check by hand."""

from dataclasses import replace
from datetime import datetime

from pydicom.dataset import Dataset

from imaging.analysis import Analysis, analyse
from imaging.procedure import ProcedureAssessment, assess_procedure
from imaging.results.author import Author
from imaging.results.judged import SEGMENTS, JudgedFrame
from imaging.results.source import SourceImage
from imaging.segmentation import ModelIdentity, Tissue
from imaging.tracking.observation import Observation
from tests.imaging.scenes import SIZE, Scene, SceneSegmenter

AT = datetime(2026, 3, 4, 5, 6, 7)  # noqa: DTZ001 - DICOM content times have no zone of their own
MODEL = ModelIdentity("drawn", "1", "a" * 64, "fp32", "none")
AUTHOR = Author("0.0", MODEL, "b" * 64, AT)
ULTRASOUND, ULTRASOUND_CINE = "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.3.1"


def source(frames: int = 3, **attributes: object) -> SourceImage:
    """A cine of this many frames, or a single image for 0; further attributes replace or add to it."""
    header = Dataset()
    header.SOPClassUID = ULTRASOUND_CINE if frames else ULTRASOUND
    header.SOPInstanceUID, header.SeriesInstanceUID, header.StudyInstanceUID = "1.2.3.3", "1.2.3.2", "1.2.3.1"
    header.Modality, header.PhotometricInterpretation = "US", "YBR_FULL_422"
    header.PatientID, header.StudyDate, header.StudyTime = "P-1", "20260102", "030405"
    header.Rows = header.Columns = SIZE
    if frames:
        header.NumberOfFrames, header.FrameTime, header.FrameIncrementPointer = frames, "40.0", 0x00181063
    for keyword, value in attributes.items():
        setattr(header, keyword, value)
    return SourceImage(header)


def answer(scene: Scene, index: int = 0) -> Analysis:
    return replace(analyse(scene.frame(), SceneSegmenter(scene)), frame_index=index)


def judged(*scenes: Scene, segments: tuple[Tissue, ...] = SEGMENTS) -> list[JudgedFrame]:
    return [JudgedFrame.of(answer(scene, index), segments) for index, scene in enumerate(scenes)]


def assessed(*scenes: Scene) -> ProcedureAssessment:
    seen = [Observation.of(answer(scene, index), 40.0 * index) for index, scene in enumerate(scenes)]
    return assess_procedure(seen)
