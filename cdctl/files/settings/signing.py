"""What a settings file says of who signs: where the key is kept, never the key."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cdctl.domain.settings import SigningKey
from cdctl.domain.toml_places import Path
from cdctl.files.settings.keys import Key, entry, path, text
from cdctl.files.settings.tables import Tables

SIGNING: Mapping[str, Key] = MappingProxyType({"file": Key(path), "keyring": Key(entry), "agent": Key(text)})
"""Keys of `[contexts.NAME] signing_key = {...}`: exactly one of them."""
_FIX = 'write { file = "key.pem" }, { keyring = "service/name" } or { agent = "fingerprint or comment" }'


def signing_key(tables: Tables, where: Path, written: object) -> SigningKey | None:
    """Where the key is kept; None when nothing says, or what says is wrong, which is remembered."""
    if written is None:
        return None
    if isinstance(written, str):
        fix = f"{_FIX}: where it is kept"
        tables.draft.wrong(tables.key_place(where), "'signing_key' would be a secret in a settings file", fix)
        return None
    if not isinstance(written, dict):
        tables.draft.wrong(tables.value_place(where), "this is no signing key", _FIX)
        return None
    tables.known(written, where, SIGNING, "of signing_key")
    values = tables.keyed(written, where, SIGNING)
    tables.draft.fleet |= {".".join((*where, key)): value for key, value in values.items()}
    kinds = [kind for kind in SIGNING if kind in written]
    if len(kinds) > 1 or not written:
        said = f"the signing key is in {' and '.join(kinds)}" if kinds else "the signing key is nowhere"
        tables.draft.wrong(tables.key_place(where), said, _FIX)
    elif kinds and kinds[0] in values:
        kept = str(values[kinds[0]])
        return {
            "file": SigningKey("file", kept),
            "keyring": SigningKey("keyring", kept),
            "agent": SigningKey("agent", kept),
        }[kinds[0]]
    return None
