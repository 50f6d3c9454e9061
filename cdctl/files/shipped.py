"""Where the things that ship with cdctl lie: SLO specs, dashboards, reference plugins."""

from __future__ import annotations

from pathlib import Path

import cdctl


def own(name: str) -> Path:
    """Something of that name in the user's config folder; it need not be there."""
    import platformdirs

    return platformdirs.user_config_path("cdctl") / name


def shipped(name: str) -> Path:
    """The folder `slo_specs`, `dashboards` or `plugins` of this installation: in the wheel, or beside the source."""
    package = Path(cdctl.__file__).parent
    inside = package / "data" / name
    return inside if inside.is_dir() else package.parent / name
