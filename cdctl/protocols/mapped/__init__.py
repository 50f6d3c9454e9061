"""The protocol `mapped`: a profile tells how an existing fleet speaks, so that it is watched without code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.fleet.profile import Profile
from cdctl.domain.ports import API, Plugin
from cdctl.errors import UsageError
from cdctl.protocols.mapped.speech import MappedSpeech


def make(settings: Mapping[str, object], signals: Sequence[str]) -> MappedSpeech:
    """The protocol of a profile. Raises UsageError when there is none."""
    profile = settings.get("profile")
    if not isinstance(profile, Profile):
        hint = 'profile = "fleet.profile.yaml" in the context, or one that ships: "owntracks", "teslamate"'
        raise UsageError("a mapped protocol needs a profile: how this fleet speaks", hint=hint)
    return MappedSpeech(profile, tuple(signals))


PLUGIN = Plugin(
    api=API,
    room="protocols",
    name="mapped",
    version="1",
    summary="any fleet over MQTT, as a profile file describes it",
    make=make,
    settings={"profile": "the profile file, or the name of one that ships: owntracks, teslamate"},
)
