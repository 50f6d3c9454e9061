"""Random filters of TraceQL, as trees: `filters()` is a hypothesis strategy."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from cdctl.domain.traces.kinds import KINDS, STATUSES
from cdctl.domain.traces.traceql.tree import Always, Both, Compare, Either, Expression, Field, Literally

_ORDER = ("=", "!=", "<", "<=", ">", ">=")
_TEXTS = ("name", "statusMessage", "trace:id", "span:id", "span:parentID", "instrumentation:name")
_OF_TRACES = ("rootName", "rootServiceName")
PATTERNS = ("", "a.*", ".*", "(eu|us)", "[0-9]+", "GET.*", "a|b", "x\\.y", ".")
NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 200, 500]),
)
ANY_KEY = st.text(min_size=1, max_size=20)
ANY_TEXT = st.text(max_size=20)
DURATIONS = st.one_of(st.integers(-(10**15), 10**15), st.sampled_from([0, 10**6, 10**9]))


def _literals(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, Literally]]:
    """An operator and a value for an attribute."""
    return st.one_of(
        st.tuples(st.sampled_from(_ORDER), st.builds(Literally, st.just("text"), texts)),
        st.tuples(st.sampled_from(("=~", "!~")), st.builds(Literally, st.just("text"), st.sampled_from(PATTERNS))),
        st.tuples(st.sampled_from(_ORDER), st.builds(Literally, st.just("number"), NUMBERS)),
        st.tuples(st.sampled_from(_ORDER), st.builds(Literally, st.just("duration"), DURATIONS)),
        st.tuples(st.sampled_from(("=", "!=")), st.builds(Literally, st.just("bool"), st.booleans())),
        st.tuples(st.sampled_from(("=", "!=")), st.just(Literally("nil", None))),
    )


def comparisons(
    keys: st.SearchStrategy[str], texts: st.SearchStrategy[str], *, traces: bool = True
) -> st.SearchStrategy[Compare]:
    """One comparison of any kind; traces: also of what a span's whole trace is."""

    def compare(field: Field, said: tuple[str, Literally]) -> Compare:
        return Compare(field, said[0], said[1])

    attribute = st.builds(compare, st.builds(Field, st.sampled_from(("span", "resource", "")), keys), _literals(texts))
    of_text = [*_TEXTS, *_OF_TRACES] if traces else list(_TEXTS)
    of_time = ["duration", "traceDuration"] if traces else ["duration"]
    text = st.builds(
        compare,
        st.builds(Field, st.just("intrinsic"), st.sampled_from(of_text)),
        st.one_of(
            st.tuples(st.sampled_from(_ORDER), st.builds(Literally, st.just("text"), texts)),
            st.tuples(st.sampled_from(("=~", "!~")), st.builds(Literally, st.just("text"), st.sampled_from(PATTERNS))),
            st.tuples(st.sampled_from(("=", "!=")), st.just(Literally("nil", None))),
        ),
    )
    time = st.builds(
        compare,
        st.builds(Field, st.just("intrinsic"), st.sampled_from(of_time)),
        st.one_of(
            st.tuples(st.sampled_from(_ORDER), st.builds(Literally, st.just("duration"), DURATIONS)),
            st.tuples(st.sampled_from(_ORDER), st.builds(Literally, st.just("number"), NUMBERS)),
        ),
    )
    named = [
        st.builds(
            compare,
            st.just(Field("intrinsic", name)),
            st.tuples(st.sampled_from(("=", "!=")), st.builds(Literally, st.just(name), st.sampled_from(values))),
        )
        for name, values in (("status", STATUSES), ("kind", KINDS))
    ]
    return st.one_of(attribute, attribute, text, time, *named)


def filters(
    keys: Sequence[str] | st.SearchStrategy[str] = ANY_KEY,
    texts: st.SearchStrategy[str] = ANY_TEXT,
    *,
    traces: bool = True,
    leaves: int = 6,
) -> st.SearchStrategy[Expression]:
    """Any filter over these attributes and texts."""
    names = keys if isinstance(keys, st.SearchStrategy) else st.sampled_from(keys)
    one = st.one_of(comparisons(names, texts, traces=traces), st.builds(Always, st.booleans()))
    return st.recursive(
        one, lambda inner: st.one_of(st.builds(Both, inner, inner), st.builds(Either, inner, inner)), max_leaves=leaves
    )
