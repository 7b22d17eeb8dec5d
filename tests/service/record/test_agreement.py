"""Two readers of the same procedures: what each signed first, compared."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from service.wire import AgreementAnswer
from tests.service.pictures import BELOW, INSIDE, SPACING_MM, dicom, picture

TIPS: tuple[tuple[int, int] | None, ...] = (None, INSIDE, INSIDE)
LEFT = [[[60, 90], [99, 90], [99, 110], [60, 110]]]  # 40 x 21 pixels
RIGHT = [[[80, 90], [119, 90], [119, 110], [80, 110]]]  # the same, half of it shared
SHAFT = [[20, 60], [110, 97]]
DISAGREE = {"judgement": "disagree", "reason": "tip_misplaced"}


@pytest.fixture
def cine(client: TestClient) -> str:
    return posted(client, *TIPS)


def posted(client: TestClient, *tips: tuple[int, int] | None) -> str:
    body = dicom([picture(tip) for tip in tips])
    answer = client.post("/v1/procedures", content=body, headers={"Content-Type": "application/dicom"})
    return str(answer.json()["links"]["self"])


def sign(client: TestClient, procedure: str, reader: str, *corrections: dict[str, Any], **said: Any) -> None:
    review = {"reviewer": reader, "blinded": True, "judgement": "agree", **said, "corrections": list(corrections)}
    answer = client.post(f"{procedure}/reviews", json=review)
    assert answer.status_code == 201, answer.text


def agreed(client: TestClient, query: str = "") -> AgreementAnswer:
    return AgreementAnswer.model_validate(client.get(f"/v1/agreement{query}").json())


def test_nothing_read_twice_has_a_defined_answer(client: TestClient, cine: str) -> None:
    sign(client, cine, "R1")
    sign(client, cine, "R2", frame=1)  # of one frame, not of the whole
    said = agreed(client)
    assert (said.procedures, said.pairs, said.judgements.n) == (0, [], 0)
    assert (said.judgements.kappa, said.judgements.absent_because) == (None, "NOTHING_READ_TWICE")
    assert (said.tip_distance_mm.n, said.tip_distance_mm.median, said.recess_dice.p95) == (0, None, None)


def test_distance_overlap_and_needle_of_a_pair(client: TestClient, cine: str) -> None:
    sign(client, cine, "R1", {"frame": 1, "tip_px": [110, 97], "recess_px": LEFT}, **DISAGREE)
    sign(
        client, cine, "R2",
        {"frame": 1, "shaft_px": SHAFT, "tip_px": [107, 93], "recess_px": RIGHT},
        {"frame": 2, "needle_absent": True},
        {"frame": 0, "recess_px": []},
        **DISAGREE,
    )  # fmt: skip
    (pair,) = agreed(client).pairs
    assert (pair.readers, pair.judgements, pair.blinded) == (("R1", "R2"), ("disagree", "disagree"), True)
    assert pair.tip_distance_mm == pytest.approx(5 * SPACING_MM)  # 3 and 4 pixels
    assert pair.recess_dice == pytest.approx(0.5)
    assert (pair.frames, pair.needle_read, pair.needle_agreed) == (1, 1, 1)  # R1 does not speak of frames 0 and 2


def test_who_agrees_stands_by_the_answer(client: TestClient, cine: str) -> None:
    answered = client.get(f"{cine}/frames/1").json()
    tip = answered["needle"]["tip_px"]
    sign(client, cine, "R1")
    sign(
        client, cine, "R2",
        {"frame": 1, "tip_px": [tip[0] - 10, tip[1]], "rest_confirmed": True},
        {"frame": 2, "needle_absent": True},
        verdict="outside", **DISAGREE,
    )  # fmt: skip
    said = agreed(client)
    assert said.pairs[0].tip_distance_mm == pytest.approx(10 * SPACING_MM, abs=1e-3)
    assert said.pairs[0].recess_dice == 1.0  # R2 confirmed the outline of frame 1 and says nothing of that of 2
    assert (said.pairs[0].needle_read, said.pairs[0].needle_agreed) == (2, 1)
    assert said.pairs[0].verdicts == ("inside", "outside")
    assert said.verdicts.table == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_two_readers_are_compared_in_the_order_asked_for_whoever_signed_first(client: TestClient) -> None:
    """R1 agrees with two of four and R2 with three, by chance they say the same in half; they do in one of four."""
    said = {"C": ("agree", "disagree"), "M": ("disagree", "agree"), "D": ("agree", "agree"), "U": ("disagree", "agree")}
    for count, (name, (one, two)) in enumerate(said.items(), 1):
        procedure = posted(client, *[BELOW] * count)
        readings = [("R1", one), ("R2", two)]
        for reader, judgement in readings if name in "CD" else reversed(readings):
            sign(client, procedure, reader, judgement=judgement, reason="other", blinded=reader == "R1")
    of_two, turned = agreed(client, "?readers=R1&readers=R2"), agreed(client, "?readers=R2&readers=R1")
    found = of_two.judgements
    assert (found.measure, found.n) == ("cohens_kappa", 4)
    assert found.table == [[1, 1, 0], [2, 0, 0], [0, 0, 0]]
    assert (found.observed, found.expected, found.kappa) == (0.25, 0.5, -0.5)
    assert (turned.judgements.kappa, turned.judgements.table) == (-0.5, [[1, 2, 0], [1, 0, 0], [0, 0, 0]])
    assert {pair.readers for pair in of_two.pairs} == {("R1", "R2")}
    assert [pair.judgements for pair in of_two.pairs] == list(said.values())
    signed_second = [False, True, False, True]  # R1 is blinded and R2 is not; who of them signed second counts
    assert [pair.blinded for pair in of_two.pairs] == [pair.blinded for pair in turned.pairs] == signed_second
    assert agreed(client, "?readers=R1&readers=R2&blinded=true").procedures == 2


def test_without_readers_the_order_of_signing_does_not_matter(client: TestClient) -> None:
    """R1 said agree and R2 disagree, twice: whoever signed first, of four sayings two are each."""
    for count, order in enumerate((1, -1), 1):
        procedure = posted(client, *[BELOW] * count)
        for reader, judgement in [("R1", "agree"), ("R2", "disagree")][::order]:
            sign(client, procedure, reader, judgement=judgement, reason="other")
    found = agreed(client).judgements
    assert (found.measure, found.table) == ("scotts_pi", [[0, 2, 0], [0, 0, 0], [0, 0, 0]])
    assert (found.observed, found.expected, found.kappa) == (0.0, 0.5, -1.0)


def test_kappa_over_procedures_is_that_of_what_was_signed_first(client: TestClient) -> None:
    said = [("agree", "agree"), ("agree", "agree"), ("disagree", "disagree"), ("disagree", "cannot_tell")]
    for count, (first, second) in enumerate(said, 1):
        procedure = posted(client, *[BELOW] * count)
        for reader, judgement in (("R1", first), ("R2", second), ("R3", "agree")):
            sign(client, procedure, reader, judgement=judgement, reason="other")
        sign(client, procedure, "R2", judgement="agree")  # after seeing the others
    found = agreed(client).judgements
    assert found.categories == ["agree", "disagree", "cannot_tell"]
    assert found.table == [[2, 0, 0], [0, 1, 1], [0, 0, 0]]
    assert (found.n, found.observed, found.expected, found.kappa) == (4, 0.75, 0.4062, 0.5789)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.5789 < found.high
    of_two = agreed(client, "?readers=R3&readers=R1")
    assert {pair.readers for pair in of_two.pairs} == {("R3", "R1")}
    assert of_two.judgements.observed == 0.5
    assert client.get("/v1/agreement?readers=R1").status_code == 422


def test_one_category_only_leaves_nothing_beyond_chance(client: TestClient, cine: str) -> None:
    for reader in ("R1", "R2"):
        sign(client, cine, reader)
    found = agreed(client).judgements
    assert (found.observed, found.kappa, found.absent_because) == (1.0, None, "ONE_CATEGORY")


def test_only_where_the_second_was_blinded(client: TestClient, cine: str) -> None:
    sign(client, cine, "R1")
    sign(client, cine, "R2", blinded=False)
    assert (agreed(client).procedures, agreed(client, "?blinded=true").procedures) == (1, 0)
