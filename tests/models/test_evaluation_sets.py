"""Test sets as seeds, and scores that are kept."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import BadInput
from imaging.geometry import BoxPx
from imaging.placement import Verdict
from models.evaluation import records, running
from models.evaluation.report import figures
from models.evaluation.running import contenders, kept_in, score_set
from models.evaluation.scoring import NeedleScore, RecessScore
from models.evaluation.surface import Overlap
from models.evaluation.test_sets import HeldOutSet, held_out_set, held_out_sets
from models.evaluation.traits import Traits
from tests.models.scores import placed, scored

MODEL = Path(__file__).resolve().parents[2] / "models" / "suprapatellar"
FEW = HeldOutSet("phantom:few", "", "same", 810_000, 3, ("longitudinal", "transverse", "other"), "odd seeds", True)


class TestSets:
    def test_held_out_sets_are_large_and_meet_no_other_seeds(self) -> None:
        sets = held_out_sets()
        assert sets["phantom:wider"].frames >= 2000
        assert sets["phantom:wider"].physics == "wider"
        assert sets["phantom:same"].frames >= 1000
        ranges = [each.seeds for each in sets.values()] + [range(600_000)]  # looked at before the sets were named
        for at, one in enumerate(ranges):
            assert one.stop <= 1_000_000  # training begins there
            assert all(one.stop <= other.start or other.stop <= one.start for other in ranges[at + 1 :])

    def test_an_unknown_name_says_which_there_are(self) -> None:
        with pytest.raises(BadInput, match="phantom:wider"):
            held_out_set("phantom:nowhere")

    def test_a_set_that_makes_no_sense_is_refused(self) -> None:
        with pytest.raises(BadInput, match="physics odd"):
            replace(FEW, physics="odd")

    def test_the_same_case_on_a_screen_keeps_its_truth(self) -> None:
        bare, screen = replace(FEW, full_screen="none").case(810_001), FEW.case(810_001)
        assert bare.recess is not None
        assert screen.recess is not None
        assert (bare.traits.full_screen, screen.traits.full_screen) == (False, True)
        assert screen.frame.bmode != BoxPx(0, 0, screen.frame.width, screen.frame.height)
        areas = [each.frame.require_spacing().area_mm2(float(np.count_nonzero(each.recess))) for each in (bare, screen)]
        assert areas[0] > 0
        assert areas[1] == pytest.approx(areas[0], rel=0.02)
        assert screen.recess_thickness_mm == pytest.approx(bare.recess_thickness_mm, abs=0.21)
        assert screen.tip_in_recess == bare.tip_in_recess

    def test_the_scanner_is_among_the_traits(self) -> None:
        traits = FEW.case(810_000).traits
        assert traits.dynamic_range_db is not None
        assert 36.0 < traits.dynamic_range_db < 80.0
        assert traits.speckle_mm is not None
        assert 0.2 < traits.speckle_mm < 0.9


class TestRecords:
    def test_a_score_comes_back_as_it_was(self, tmp_path: Path) -> None:
        full = scored(
            "a",
            RecessScore(3.0, Overlap(0.0, 0.0, math.inf), 1.5),
            NeedleScore(9.0, True, 0.4, 1.0),
            placed(inside=True, verdict=Verdict.INSIDE),
            Traits("longitudinal", 22, 20.0, True, 50.0, 0.4, False),
        )
        bare = scored("b", RecessScore(0.0, None, 0.0))
        records.append(tmp_path / "s.jsonl", [full, bare])
        assert records.read(tmp_path / "s.jsonl") == {"a": full, "b": bare}

    def test_lines_cut_short_or_written_twice_do_no_harm(self, tmp_path: Path) -> None:
        path = tmp_path / "s.jsonl"
        records.append(path, [scored("a")])
        path.write_text(path.read_text() + records.to_line(scored("b"))[:40])
        records.append(path, [scored("a"), scored("c")])
        assert list(records.read(path)) == ["a", "c"]


class TestRunning:
    def test_a_run_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        models = contenders([MODEL])
        whole = score_set(FEW, models, None)
        score_set(replace(FEW, frames=2), models, tmp_path)
        part = kept_in(tmp_path, replace(FEW, frames=2), models[0])
        part.rename(kept_in(tmp_path, FEW, models[0]))
        said: list[tuple[int, int]] = []
        assert score_set(FEW, models, tmp_path, told=lambda done, of: said.append((done, of))) == whole
        assert said == [(2, 3), (3, 3)]
        assert figures(whole[0])[0].n <= 3

    def test_two_models_see_the_same_frames(self) -> None:
        one, other = score_set(FEW, contenders([MODEL, MODEL]), None)
        assert one == other

    def test_two_processes_give_what_one_gives(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        models = contenders([MODEL])
        monkeypatch.setattr(running, "BLOCK", 2)
        assert score_set(FEW, models, tmp_path, workers=2) == score_set(FEW, models, None)
        assert len(records.read(kept_in(tmp_path, FEW, models[0]))) == 3

    def test_labels_tell_models_of_one_version_apart(self) -> None:
        labels = [each.label for each in contenders([MODEL, MODEL.parent / "suprapatellar" / "."])]
        assert labels[0] == str(MODEL)
        assert contenders([MODEL])[0].label == json.loads((MODEL / "manifest.json").read_text())["version"]
