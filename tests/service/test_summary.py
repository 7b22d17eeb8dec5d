"""From frame verdicts to the procedure's, on lists one can read."""

from dataclasses import replace

import pytest

from imaging.placement import Verdict
from imaging.reasons import Reason
from imaging.segmentation import Tissue
from service.summary import FrameFinding, ProcedureVerdict, summarise

P = {"in": 0.97, "out": 0.02, "un": 0.5, "no": None}
VERDICT = {"in": Verdict.INSIDE, "out": Verdict.OUTSIDE, "un": Verdict.INDETERMINATE, "no": Verdict.NOT_ASSESSED}


def findings(text: str) -> list[FrameFinding]:
    """Frames as ``verdict@depth``; without a depth there is no needle."""
    made = []
    for index, part in enumerate(text.split()):
        kind, _, depth = part.partition("@")
        made.append(
            FrameFinding(
                index=index,
                verdict=VERDICT[kind],
                tissue=Tissue.PREFEMORAL_FAT if kind == "out" else None,
                p_inside=P[kind],
                signed_distance_mm=None if kind == "no" else 1.0,
                tip_depth_px=float(depth) if depth else None,
                tip_visible=kind in ("in", "out"),
                reasons=(Reason.NO_NEEDLE,) if kind == "no" else (),
            )
        )
    return made


@pytest.mark.parametrize(
    ("frames", "verdict", "key"),
    [
        ("no no", ProcedureVerdict.NOT_ASSESSED, None),
        ("", ProcedureVerdict.NOT_ASSESSED, None),
        ("no out@50 out@80 in@100 in@100 out@40", ProcedureVerdict.PROBABLE, 3),
        ("in@60 in@60 out@100 out@99 in@60", ProcedureVerdict.EXTRA_ARTICULAR, 2),
        ("in@100 out@100", ProcedureVerdict.INDETERMINATE, 1),
        ("un@100 un@99 in@80", ProcedureVerdict.INDETERMINATE, 0),
        ("in@100 un@100 in@98", ProcedureVerdict.PROBABLE, 0),
    ],
)
def test_the_deepest_stand_decides(frames: str, verdict: ProcedureVerdict, key: int | None) -> None:
    summary = summarise(findings(frames))
    assert summary.verdict is verdict
    assert (summary.key_frame.index if summary.key_frame else None) == key


def test_numbers_beside_the_verdict() -> None:
    summary = summarise(findings("no out@50 un@60 out@100"))
    assert summary.needle_frames == 3
    assert summary.tip_visible_share == pytest.approx(2 / 3)
    assert summary.tissue is Tissue.PREFEMORAL_FAT
    assert summary.reason is None
    assert [verdict.value for verdict in summary.frame_verdicts] == [
        "not_assessed", "outside", "indeterminate", "outside"
    ]  # fmt: skip


def test_an_undecided_procedure_says_why() -> None:
    undecided = [replace(finding, reasons=(Reason.TIP_NOT_VISIBLE,)) for finding in findings("un@100 un@99")]
    summary = summarise([*findings("no no no"), *undecided])
    assert (summary.verdict, summary.reason) == (ProcedureVerdict.INDETERMINATE, Reason.TIP_NOT_VISIBLE)


def test_what_is_not_assessed_says_why() -> None:
    summary = summarise(findings("no no"))
    assert (summary.reason, summary.tip_visible_share, summary.tissue) == (Reason.NO_NEEDLE, None, None)
