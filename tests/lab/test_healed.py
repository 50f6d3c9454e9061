"""The metrics of the platform follow the vehicles that were healed."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.lab.healed import Healed
from cdctl.lab.model import Outcomes, outcome_shares
from cdctl.lab.past import TRACED
from cdctl.lab.scenarios import scenario

AGES = np.array([10.0])


def failed(story, region: str = "eu") -> float:
    metric = next(one for one in story.metrics if one.metric == TRACED)
    assert isinstance(metric, Outcomes)
    place = next(one for one in story.regions if one.name == region)
    return float(outcome_shares(metric, place, story, AGES)[list(metric.shares).index("failed"), 0])


def test_the_share_of_bad_ones_follows_the_share_of_healed_ones(tmp_path):
    story = scenario("bad-software")
    fleet, platform = Healed(tmp_path / "healed", story), Healed(tmp_path / "healed", story)
    usual, ill = failed(scenario("calm")), failed(story)
    assert ill > 5 * usual
    assert failed(platform.scenario()) == ill
    fleet.tell(0, 0.5)
    assert failed(platform.scenario()) == pytest.approx((ill + usual) / 2)
    fleet.tell(0, 1.0)
    assert failed(platform.scenario()) == pytest.approx(usual)
    assert failed(platform.scenario(), "us") == failed(story, "us")


def test_a_scenario_without_faults_is_as_it_was(tmp_path):
    story = scenario("calm")
    assert Healed(tmp_path / "healed", story).scenario() is story
