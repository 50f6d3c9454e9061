"""The options of `cdctl cmd`."""

from __future__ import annotations

from typing import Annotated

import typer

from cdctl.cli import completion, completion_kept

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Such as lock; cdctl cmd ls.", autocompletion=completion.commands)
]
To = Annotated[
    list[str] | None, typer.Option("--to", metavar="VIN", help="A vehicle; repeatable, or with commas between.")
]
More = Annotated[list[str] | None, typer.Argument(metavar="[VIN]...", help="More vehicles, after --to VIN.")]
Where = Annotated[
    str,
    typer.Option(
        metavar="EXPR", help="Which vehicles, such as 'region:eu sw<23-07.60'.", autocompletion=completion.filters
    ),
]
Region = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Where those of --to are; else the fleet is asked.", autocompletion=completion.regions
    ),
]
Arguments = Annotated[
    list[str] | None,
    typer.Option("-a", "--arg", metavar="KEY=VALUE", help="Repeatable.", autocompletion=completion.command_arguments),
]
Expect = Annotated[
    int | None, typer.Option(metavar="N", min=0, help="Refuse (exit 5) when another number of vehicles matches.")
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Until every vehicle has ended, or just until sent.")]
WaitFor = Annotated[
    str, typer.Option(metavar="DURATION", help="Wait so long at most; then exit 4, and resume goes on.")
]
Timeout = Annotated[str, typer.Option(metavar="DURATION", help="A vehicle may take so long; else as declared.")]
Expires = Annotated[str, typer.Option(metavar="DURATION", help="A vehicle may begin so long; else as declared.")]
Rate = Annotated[str, typer.Option(metavar="N/s", help="So many orders at most, such as 50/s or 100/m.")]
Retries = Annotated[int, typer.Option(metavar="N", min=0, max=10, help="Try what may pass so often again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where stdin is no terminal.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the audit.")]
WhyLook = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why you look at where vehicles were; else it is kept back.")
]
PlanFile = Annotated[
    str,
    typer.Option(
        "--plan", metavar="FILE", help="Write what would be sent into it for approval; an approved one is sent."
    ),
]
UndoFile = Annotated[
    str,
    typer.Option("--plan", metavar="FILE", help="Write what would be sent for approval; several plans are numbered."),
]
Results = Annotated[str, typer.Option(metavar="FILE", help="What became of each order: .csv, .jsonl or .json.")]
DespiteCaps = Annotated[
    bool, typer.Option("--despite-caps", help="Also to vehicles that do not say (caps) that they can.")
]
BreakGlass = Annotated[
    bool, typer.Option("--break-glass", help="Send without the approvals; loud, audited, needs the role and a reason.")
]
ShowVins = Annotated[bool, typer.Option("--show-vins", help="Write whole VINs into files; else they are masked.")]
For = Annotated[str, typer.Option("--for", metavar="DURATION", help="Listen so long to choose vehicles, such as 30s.")]
Which = Annotated[
    str,
    typer.Argument(
        metavar="ORDER|PLAN", help="Its id, or a beginning that only one has.", autocompletion=completion_kept.kept
    ),
]
Limit = Annotated[int, typer.Option(metavar="N", min=1, help="So many at most.")]
