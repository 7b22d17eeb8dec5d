"""What an answer rests on, as bytes and back."""

from dataclasses import fields
from typing import Any

import numpy as np
import orjson
import pytest

from imaging.procedure import AssessmentRules, ProcedureAssessment, assess_procedure
from imaging.procedure.observed import observed
from imaging.rules import ScoringRules
from service.engine import Engine
from service.procedures.assessed import assessment_content, assessment_from
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import BELOW, INSIDE, picture

TIPS: list[Any] = [(None,), (None, INSIDE, INSIDE, BELOW), (BELOW, BELOW, None)]


@pytest.fixture(params=TIPS, ids=len)
def assessed(request: pytest.FixtureRequest) -> ProcedureAssessment:
    from imaging.frame import Frame
    from imaging.geometry import BoxPx, PixelSpacing, SpacingSource

    engine, seen = Engine(FakeSegmenter(), ScoringRules()), []
    spacing = PixelSpacing(0.2, 0.2, SpacingSource.CALLER)
    for index, tip in enumerate(request.param):
        grey = picture(tip)
        frame = Frame(grey, spacing, BoxPx(0, 0, grey.shape[1], grey.shape[0]), index)
        seen.append(observed(frame, engine.analyse(frame), 40.0, seen[-1] if seen else None))
    return assess_procedure(seen, AssessmentRules(scoring=engine.rules), timed=True)


def test_comes_back_to_the_last_digit(assessed: ProcedureAssessment) -> None:
    back = assessment_from(assessment_content(assessed))
    assert back is not None
    for field in fields(ProcedureAssessment):
        if field.name != "timeline":
            there, here = getattr(back, field.name), getattr(assessed, field.name)
            assert there == here
            assert type(there) is type(here)
    for field in fields(assessed.timeline):
        there, here = getattr(back.timeline, field.name), getattr(assessed.timeline, field.name)
        if isinstance(here, np.ndarray):
            assert there.dtype == here.dtype
            np.testing.assert_array_equal(there, here)
        else:
            assert there == here
    assert assessment_content(back) == assessment_content(assessed)


def test_another_form_is_not_guessed_at(assessed: ProcedureAssessment) -> None:
    said = orjson.loads(assessment_content(assessed))
    assert assessment_from(orjson.dumps(said | {"form": 2})) is None
