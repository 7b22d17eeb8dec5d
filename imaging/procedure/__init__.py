"""From the frames of a whole procedure to its verdict, its numbers, its events and the frames worth keeping.

``assess_procedure`` is the one pure function; ``observed`` turns an analysed frame into what it is given, and
``assessment`` holds what it gives.
"""

from imaging.procedure.assess import AssessmentRules, assess_procedure
from imaging.procedure.assessment import (
    InjectateEvidence,
    KeyFrames,
    NeedleHandling,
    ProcedureAssessment,
    ProcedureVerdict,
    RecessChange,
    Stand,
)
from imaging.procedure.observed import observed
from imaging.procedure.rules import ProcedureRules
from imaging.procedure.timeline import Timeline

__all__ = [
    "AssessmentRules",
    "InjectateEvidence",
    "KeyFrames",
    "NeedleHandling",
    "ProcedureAssessment",
    "ProcedureRules",
    "ProcedureVerdict",
    "RecessChange",
    "Stand",
    "Timeline",
    "assess_procedure",
    "observed",
]
