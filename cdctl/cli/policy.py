"""`cdctl policy`: who may do what to how many, and whether the policy that says so is sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import OutputOption, Run, noun, run_of
from cdctl.cli.policy_asking import request
from cdctl.cli.records import Column, Record
from cdctl.cli.settings import settings_of
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings
    from cdctl.security.policy import CedarPolicy

app = noun("Judge the policy that says who may do what, and ask it.")

_QUESTION = (
    "Repeatable: NAME[:ROLE+...] ACTION COMMAND [COUNT] [REGION,...] [rollout] [break-glass] [expect=N] [reason=TEXT] "
    "[approved-by=NAME[:ROLE+...],...] [context=NAME]; exit 5 when one is refused."
)


def _joined(key: str, between: str) -> Column:
    def text(record: Record) -> str:
        found = record[key]
        return between.join(map(str, found)) if isinstance(found, list) else ""

    return Column(key, text=text)


_RULINGS = (
    Column("question"),
    Column("allowed", text=lambda record: "yes" if record["allowed"] else "no"),
    Column("missing", text=lambda record: str(record["missing"] or "")),
    _joined("reasons", "; "),
    _joined("rules", ", "),
)


@app.command("check", epilog='Example: cdctl policy check --ask "olga:oncall send lock 60 eu expect=60"')
def check(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="A Cedar policy; default: the one in force, else the shipped one.")
    ] = "",
    ask: Annotated[list[str] | None, typer.Option("--ask", metavar="QUESTION", help=_QUESTION)] = None,
    outputs: OutputOption = None,
) -> None:
    """Judge a policy (syntax, schema, rules that can never matter), and show who may do what.

    Nobody is asked and nothing is sent. In the table, "with 2 more" means: when two others approve.
    """
    run = run_of(ctx)
    settings = settings_of(run)
    policy = _policy(settings, file)
    if ask:
        rows = [_answer(run, settings, policy, question) for question in ask]
        output.show(run, outputs, rows, _RULINGS)
        exits.leave(exits.worst(exits.Code.DONE if row["allowed"] else exits.Code.REFUSED for row in rows))
        return
    wrong = policy.check()
    output.show(run, outputs, *_table(policy))
    for line in wrong:
        exits.warn(run, line)
    exits.note(run, f"{policy.file}: {len(policy.rules)} rules, {len(wrong)} of them of no use")
    exits.leave(exits.Code.WRONG if wrong else exits.Code.DONE)


@app.command("show", epilog="Example: cdctl policy show > policy.cedar")
def show(
    ctx: typer.Context,
    schema: Annotated[bool, typer.Option("--schema", help="What a policy can ask about, instead.")] = False,
) -> None:
    """Print the policy in force, to read, or to begin one's own with."""
    from cdctl.application import security_wiring

    run = run_of(ctx)
    text = security_wiring.policy_schema() if schema else _policy(settings_of(run), "").text
    output.live(run, "text", safe(text, len(text), lines=True))


def _policy(settings: Settings, file: str) -> CedarPolicy:
    from cdctl.application import security_wiring

    context = settings.context() if settings.default_context else None
    return security_wiring.policy_of(context, file)


def _table(policy: CedarPolicy) -> tuple[Sequence[Record], Sequence[Column]]:
    from cdctl.application import security_wiring

    rows: dict[str, dict[str, object]] = {}
    roles: dict[str, None] = {}
    for one in security_wiring.policy_answers(policy):
        rows.setdefault(one.question, {"question": one.question})[one.role] = one.word
        roles[one.role] = None
    return list(rows.values()), [Column("question"), *(Column(role) for role in roles)]


def _answer(run: Run, settings: Settings, policy: CedarPolicy, question: str) -> Mapping[str, object]:
    from cdctl.application import security_wiring, wiring

    context = settings.context() if settings.default_context else None
    trust = security_wiring.trust_of(context) if context and context.trust else None
    doors = wiring.catalogue(settings, plugins=run.plugins)
    ruling = policy.rule(request(question, context.name if context else "", trust, doors.command))
    return {
        "question": question,
        "allowed": ruling.allowed,
        "missing": ruling.missing,
        "reasons": list(ruling.reasons),
        "rules": list(ruling.rules),
    }
