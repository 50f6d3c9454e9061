"""Composes what takes spans in, keeps them and answers questions about them. See `wiring` for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.ports import Probe
    from cdctl.domain.settings import Context, Settings
    from cdctl.domain.traces.ports import SpanSearch, SpanStore


def default_folder() -> Path:
    """The store of whoever names none: `spans` in the user's data folder."""
    import platformdirs

    return platformdirs.user_data_path("cdctl") / "spans"


def folder_of(context: Context | None, store: str = "") -> Path:
    """The folder in which spans are kept: what is named, else the context's, else the user's. A context whose spans are
    at a server has none of its own."""
    if store:
        return Path(store).expanduser()
    if context and context.traces and context.traces.kind == "store":
        return Path(context.traces.where).expanduser()
    return default_folder()


def traces_of(context: Context | None) -> Mapping[str, object]:
    """Where a context's spans are asked for, as the sources door takes it."""
    if context and context.traces:
        return context.traces.table
    return {"store": str(default_folder())}


def sources_of(context: Context) -> Mapping[str, Mapping[str, object]]:
    """The sources of a context; spans are one of them even where it does not say where they are."""
    return {"traces": traces_of(context), **context.sources}


def sources_there(context: Context) -> frozenset[str]:
    """Names of the sources that a context really has: spans are one where it names what counts them, or, where it says
    nothing, where somebody has taken some in."""
    return frozenset(context.sources) - {"traces"} | (frozenset({"traces"}) if counts_spans(context) else frozenset())


def counts_spans(context: Context | None) -> bool:
    """Whether spans can be counted: the context names what does, or says nothing and somebody has taken some in. The
    lab says where its spans are, or has none: the user's own are not its."""
    from cdctl.domain.settings import LAB
    from cdctl.sources.traces import COUNTING

    if context and context.traces:
        return context.traces.kind in COUNTING
    return (context is None or context.name != LAB) and default_folder().is_dir()


def hands_out(context: Context | None) -> bool:
    """Whether the events of a window can be had one by one: not from a server that only finds some."""
    from cdctl.sources.traces.opening import COUNTING

    return context is None or context.traces is None or context.traces.kind in COUNTING


def open_store(context: Context | None, store: str = "") -> SpanStore:
    """What counts spans and finds them, made without IO; `store` is a folder that is named instead of the context's.
    Raises UsageError when the context's traces are at a server that does not count."""
    from cdctl.sources.traces.opening import store_of

    return store_of({"store": store} if store else traces_of(context))


def open_search(context: Context | None, store: str = "") -> SpanSearch:
    """As `open_store`, but any server will do."""
    from cdctl.sources.traces.opening import search_of

    return search_of({"store": store} if store else traces_of(context))


def probe_traces(settings: Settings, name: str) -> list[Probe]:
    """Whether the traces that a context names can be asked for. What is wrong is a probe that failed."""
    from cdctl.domain.ports import Probe

    context = settings.context(name)
    if context.traces is None:
        return []
    said = context.traces

    async def look() -> tuple[bool, str, str]:
        search = open_search(context)
        try:
            return await search.probe()
        finally:
            await search.aclose()

    try:
        ok, found, hint = asyncio.run(look())
    except CdctlError as error:
        ok, found, hint = False, error.message, error.hint
    return [Probe(context.name, "traces", said.where, ok, found, hint)]
