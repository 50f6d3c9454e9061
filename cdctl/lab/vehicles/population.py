"""Who is in the fleet: VIN, region, model and software of every vehicle, drawn by a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cdctl.lab.model import Scenario

Codes = npt.NDArray[np.int64]
Letters = npt.NDArray[np.uint8]

_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ", dtype=np.uint8)
"""ISO 3779: no I, O, Q."""
_VALUES = np.array([*range(10), *range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)])
"""What each letter counts for in the check digit: 49 CFR 565.15(c), table III."""
_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
_CHECK = np.frombuffer(b"0123456789X", dtype=np.uint8)
_CHECK_AT = 8
_MAKER = b"WCD"
_YEARS = b"PRST"
"""Position 10: 2023 to 2026."""
_SERIAL = 6
MOST_VEHICLES = 2_000_000
"""A million retained births take a broker more than a gigabyte."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """vins: [n] texts. region, model: [n] places in the scenario's lists. software: [n] places in `versions` when the
    lab starts. luck: [n] 0..1, which vehicles a share of a region means."""

    vins: list[str]
    region: Codes
    model: Codes
    software: Codes
    versions: tuple[str, ...]
    luck: npt.NDArray[np.float64]

    @property
    def size(self) -> int:
        """Number of vehicles."""
        return len(self.vins)


def population(scenario: Scenario, vehicles: int, seed: int) -> Population:
    """The same arguments give the same vehicles."""
    rng = np.random.default_rng([seed, 11])
    region = _pick(rng, [one.share for one in scenario.regions], vehicles)
    model = _pick(rng, [one.share for one in scenario.models], vehicles)
    versions = tuple(sorted({one.version for one in scenario.software}))
    software = draw_software(scenario, versions, region, model, rng)
    return Population(_vins(model, rng), region, model, software, versions, rng.random(vehicles))


def draw_software(
    scenario: Scenario, versions: tuple[str, ...], region: Codes, model: Codes, rng: np.random.Generator
) -> Codes:
    """A version for every vehicle of these regions and models, [n]."""
    drawn = rng.random(len(region))
    found = np.zeros(len(region), dtype=np.int64)
    for r, place in enumerate(scenario.regions):
        for m, kind in enumerate(scenario.models):
            fitting = [one for one in scenario.software if one.fits(place.name, kind.name)]
            edges = np.cumsum([one.share for one in fitting])
            codes = np.array([versions.index(one.version) for one in fitting])
            rows = np.flatnonzero((region == r) & (model == m))
            found[rows] = codes[np.searchsorted(edges / edges[-1], drawn[rows], side="right").clip(max=len(codes) - 1)]
    return found


def _pick(rng: np.random.Generator, shares: list[float], size: int) -> Codes:
    weights = np.array(shares) / sum(shares)
    return rng.choice(len(shares), size=size, p=weights)


def _vins(model: Codes, rng: np.random.Generator) -> list[str]:
    """Maker, model, four letters by chance, check digit, year, a letter and six digits that make each unique."""
    size = len(model)
    letters = np.zeros((size, 17), dtype=np.uint8)
    letters[:, :3] = np.frombuffer(_MAKER, dtype=np.uint8)
    letters[:, 3] = _ALPHABET[10 + model % 23]
    letters[:, 4:8] = _ALPHABET[rng.integers(0, len(_ALPHABET), (size, 4))]
    letters[:, 9] = np.frombuffer(_YEARS, dtype=np.uint8)[rng.integers(0, len(_YEARS), size)]
    rows = np.arange(size)
    letters[:, 10] = _ALPHABET[10 + rows // 10**_SERIAL]
    for digit in range(_SERIAL):
        letters[:, 16 - digit] = _ALPHABET[rows // 10**digit % 10]
    letters[:, _CHECK_AT] = check_digits(letters)
    return [text.decode() for text in letters.view("S17").ravel().tolist()]


def check_digits(letters: Letters) -> Letters:
    """The ninth letter of VINs whose others are right, [n]; letters: [n, 17] ASCII (49 CFR 565.15(c))."""
    value = np.zeros(256, dtype=np.int64)
    value[_ALPHABET] = _VALUES
    sums = (value[letters] * _WEIGHTS).sum(axis=1)
    return np.asarray(_CHECK[sums % 11])
