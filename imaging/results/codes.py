"""Coded concepts of the results; where no standard code was found, a private one of the scheme 99SONOPLACE.

Standard codes are those of DICOM PS3.16 (DCM), SNOMED CT (SCT) and UCUM. ``CODES.md`` beside this file lists the
private scheme; a test compares the two.
"""

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason
from imaging.segmentation import Tissue

SCHEME = "99SONOPLACE"


def _sct(value: str, meaning: str) -> Code:
    return Code(value, "SCT", meaning)


def _dcm(value: str, meaning: str) -> Code:
    return Code(value, "DCM", meaning)


def _own(value: str, meaning: str) -> Code:
    return Code(value, SCHEME, meaning)


ANATOMICAL_STRUCTURE = _sct("91723000", "Anatomical Structure")
PHYSICAL_OBJECT = _sct("260787004", "Physical object")
RECESS = _sct("75415000", "Structure of suprapatellar bursa")
NEEDLE = _sct("79068005", "Needle")
BONE = _sct("272673000", "Bone")
SUBCUTANEOUS = _sct("71966008", "Subcutaneous tissue")
AREA = _sct("42798000", "Area")
LENGTH = _sct("410668003", "Length")
DEPTH = _sct("131197000", "Depth")
ANGLE = _sct("1483009", "Angle")
IMAGING_PROCEDURE = _sct("363679005", "Imaging procedure")
RIGHT, LEFT = _sct("24028007", "Right"), _sct("7771000", "Left")

PROBABILITY = _dcm("122157", "Probability")
ARTIFICIAL_INTELLIGENCE = _dcm("123110", "Artificial Intelligence")
SEGMENTATION = _dcm("113076", "Segmentation")
SOURCE_IMAGE = _dcm("121322", "Source image for image processing operation")
ACQUISITION_EQUIPMENT = _dcm("109101", "Acquisition Equipment")
BACKGROUND = _dcm("125040", "Background")
MEASUREMENT_REPORT = _dcm("126000", "Imaging Measurement Report")
DEVICE = _dcm("121007", "Device")

MILLIMETRE = Code("mm", "UCUM", "millimeter")
SQUARE_MILLIMETRE = Code("mm2", "UCUM", "square millimeter")
DEGREE = Code("deg", "UCUM", "degree")
SECOND = Code("s", "UCUM", "second")
NO_UNITS = Code("1", "UCUM", "no units")

SUPRAPATELLAR_FAT = _own("SPFATPAD", "Suprapatellar fat pad")
PREFEMORAL_FAT = _own("PFFATPAD", "Prefemoral fat pad")
QUADRICEPS = _own("QUADRICEPS", "Quadriceps tendon or muscle")
SHADOW = _own("SHADOW", "Acoustic shadow, or below the surface of bone")
BACKGROUND_TISSUE = _own("NOTISSUE", "Outside the tissues that are told apart")

PLACEMENT = _own("PLACEMENT", "Placement of the needle tip")
VERDICT = _own("VERDICT", "Verdict on the placement in one frame")
PROCEDURE_VERDICT = _own("PROC_VERDICT", "Verdict on the placement in the procedure")
REASON = _own("REASON", "Why a verdict is withheld, weakened or qualified")
TISSUE_AT_TIP = _own("TISSUE_AT_TIP", "Tissue at the needle tip")
TIP_VISIBILITY = _own("TIP_VISIBILITY", "Whether the needle tip is seen")
TIP_SEEN = _own("TIP_SEEN", "The needle tip is seen")
TIP_NOT_SEEN = _own("TIP_NOT_SEEN", "The shaft is seen, its tip is not")
SIGNED_DISTANCE = _own("SIGNED_DIST", "Tip to nearest wall of the recess, above 0 inside")
THICKNESS = _own("THICKNESS", "Greatest thickness of the recess along the beam")
PATH_TO_RECESS = _own("PATH_TO_RECESS", "From the tip along the shaft to the recess")
PATH_TO_BONE = _own("PATH_TO_BONE", "From the tip along the shaft to bone")
VISIBLE_LENGTH = _own("VISIBLE_LENGTH", "Length of needle shaft that is seen")
CENTRE_DISTANCE = _own("CENTRE_DIST", "From the tip to the recess's centre of area")
VIEW_SCORE = _own("VIEW_SCORE", "Probability that the frame is a view of the recess")
QUALITY = _own("QUALITY", "Quality of the picture, 0 to 1")
FRAMES = _own("FRAMES", "Frames that were judged")
NEEDLE_FRAMES = _own("NEEDLE_FRAMES", "Frames that show a needle")
TIP_VISIBLE_SHARE = _own("TIP_SHARE", "Share of frames with a needle that show its tip")
ADVANCED_UNSEEN = _own("UNSEEN_MM", "Needle advanced while its tip was not seen")
ADVANCED_UNSEEN_TIME = _own("UNSEEN_S", "Time for which the needle was advanced unseen")
PASSES = _own("PASSES", "Passes of the needle")
REDIRECTIONS = _own("REDIRECTIONS", "Redirections of the needle by more than 5 degrees")
TIME_TO_TARGET = _own("TIME_TO_TARGET", "From first sight of the needle to its tip in the recess")
INJECTATE = _own("INJECTATE", "What shows injectate in the recess")
INJECTATE_SIGNS = {
    "fluid": _own("FLUID", "The recess's grey level changed"),
    "bubbles": _own("BUBBLES", "Bright specks came into the recess"),
    "thickness": _own("THICKENED", "The recess grew thicker"),
    "area": _own("AREA_GREW", "The recess's area grew"),
}
THICKNESS_BEFORE = _own("THICK_BEFORE", "Thickness of the recess before the injection")
THICKNESS_AFTER = _own("THICK_AFTER", "Thickness of the recess after the injection")
AREA_BEFORE = _own("AREA_BEFORE", "Area of the recess before the injection")
AREA_AFTER = _own("AREA_AFTER", "Area of the recess after the injection")
CONFIDENCE = _own("CONFIDENCE", "Mean probability of what was found where it was found")
TIP_SIGMA = _own("TIP_SIGMA", "Spread of the tip position, root mean square per axis")

TISSUES = {
    Tissue.BACKGROUND: BACKGROUND_TISSUE,
    Tissue.SUBCUTANEOUS: SUBCUTANEOUS,
    Tissue.QUADRICEPS: QUADRICEPS,
    Tissue.SUPRAPATELLAR_FAT: SUPRAPATELLAR_FAT,
    Tissue.RECESS: RECESS,
    Tissue.PREFEMORAL_FAT: PREFEMORAL_FAT,
    Tissue.BONE: BONE,
    Tissue.NEEDLE: NEEDLE,
    Tissue.SHADOW: SHADOW,
}

PROCEDURE_VERDICTS = {
    ProcedureVerdict.CONFIRMED: _own("CONFIRMED", "Inside at the injection, injectate seen in the recess"),
    ProcedureVerdict.PROBABLE: _own("PROBABLE", "Inside, no injectate seen"),
    ProcedureVerdict.PARTIAL: _own("PARTIAL", "Injectate on both sides of the wall of the recess"),
    ProcedureVerdict.EXTRA_ARTICULAR: _own("EXTRA_ARTICULAR", "Outside of the recess"),
    ProcedureVerdict.INDETERMINATE: _own("INDETERMINATE", "Not settled whether the tip is in the recess"),
    ProcedureVerdict.NOT_ASSESSED: _own("NOT_ASSESSED", "Not assessed"),
}

VERDICTS = {
    Verdict.INSIDE: _own("INSIDE", "The tip is in the recess"),
    Verdict.OUTSIDE: _own("OUTSIDE", "The tip is not in the recess"),
    Verdict.INDETERMINATE: _own("INDETERMINATE", "Not settled whether the tip is in the recess"),
    Verdict.NOT_ASSESSED: _own("NOT_ASSESSED", "Not assessed"),
}

REASONS = {
    Reason.NOT_CALIBRATED: _own("NOT_CALIBRATED", "The picture does not say how large a pixel is"),
    Reason.NO_RECESS: _own("NO_RECESS", "No suprapatellar recess was found"),
    Reason.NO_NEEDLE: _own("NO_NEEDLE", "No needle was found"),
    Reason.TIP_NOT_VISIBLE: _own("TIP_NOT_VISIBLE", "The shaft is seen, its tip is not"),
    Reason.RECESS_TOO_THIN: _own("RECESS_TOO_THIN", "The recess is too thin to decide by position"),
    Reason.LOW_CONFIDENCE: _own("LOW_CONFIDENCE", "The picture does not settle the side of the wall"),
    Reason.WRONG_VIEW: _own("WRONG_VIEW", "Not a view of the suprapatellar recess"),
    Reason.POOR_IMAGE: _own("POOR_IMAGE", "The picture is too poor to be judged"),
    Reason.STEEP_NEEDLE: _own("STEEP_NEEDLE", "The needle is steeper than 30 degrees"),
    Reason.BONE_AHEAD: _own("BONE_AHEAD", "The path meets bone before the recess"),
    Reason.THROUGH_RECESS: _own("THROUGH_RECESS", "The shaft passes through the recess"),
    Reason.SCALE_CHANGED: _own("SCALE_CHANGED", "The scale of the picture changed"),
    Reason.STALE_FRAME: _own("STALE_FRAME", "The answer is older than allowed"),
}


def coded(code: Code) -> list[Dataset]:
    """Code sequence of one item (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return [item]


def scheme_identification() -> list[Dataset]:
    """Coding Scheme Identification Sequence (PS3.3 C.12.1.1.1): who is behind the private scheme."""
    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeName = "Private codes of SonoPlace"
    item.CodingSchemeResponsibleOrganization = "SonoPlace"
    return [item]
