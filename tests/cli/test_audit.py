"""`cdctl audit`, as it is used: what it shows, hides and proves, and its exit codes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from writing import PLAN, intent, move, order, story, write

from cdctl.cli.output import Output
from cdctl.domain.orders.keeping import CHECKPOINT, Note
from cdctl.domain.orders.order import State
from cdctl.security import keys
from cdctl.security.ed25519 import PrivateKey, written

VIN = "WBA00000000000001"
HOUR = 3_600_000


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plan over three orders: one was sent, one succeeded and failed too late; and a forged word."""
    file = tmp_path / "journal.sqlite"
    plan = Note("plan", PLAN, "ada", 1_750_000_000_000, {"reason": "theft", "targets": [{"vin": VIN, "region": "eu"}]})
    found = {"ok": True, "Vehicle.CurrentLocation.Latitude": 48.1375, "at": [{"longitude": 11.575}]}
    moves = [
        move(0, State.SENT),
        move(1, State.SUCCEEDED, result=found, reason="done\x1b[2J", by="0123456789abcdef"),
        move(1, State.FAILED, late=True),
    ]
    words = [Note("forged", "WBA00000000000002", "ada", 1_750_000_000_000 + HOUR, {"why": "bad signature"})]
    write(file, [plan], [intent(number) for number in range(3)], moves, words)
    monkeypatch.setenv("CDCTL_JOURNAL", str(file))
    return file


def shown(cdctl: Callable[..., object], *args: str) -> list[dict[str, object]]:
    ran = cdctl("audit", "show", *args, "-o", "json")
    assert ran.code == 0, ran.err  # type: ignore[attr-defined]
    return json.loads(ran.out)  # type: ignore[attr-defined, no-any-return]


def numbers(cdctl: Callable[..., object], *args: str) -> list[object]:
    return [row["number"] for row in shown(cdctl, *args)]


def spoil(path: Path, number: int) -> None:
    """One byte of what a record says."""
    from cdctl.stores.journal import read_journal

    record = list(read_journal(path).records())[number - 1]
    text = json.dumps(record.body, separators=(",", ":")).encode()
    begin = path.read_bytes().index(text)
    whole = bytearray(path.read_bytes())
    whole[begin] ^= 1
    path.write_bytes(whole)


def test_which_records(path, cdctl):
    one, two = order(1).id, order(2).id
    assert numbers(cdctl) == list(range(1, 10))
    assert numbers(cdctl, "--order", one) == [3, 6, 7]
    assert numbers(cdctl, "--order", one[:12]) == [3, 6, 7]
    assert numbers(cdctl, "--order", one, "--kind", "move") == [6, 7]
    assert numbers(cdctl, "--order", two) == [4]
    assert numbers(cdctl, "--vin", VIN) == [3, 6, 7]
    assert numbers(cdctl, "--vin", "WBA00000000000002") == [4, 8]  # what was said in its name, too
    assert numbers(cdctl, "--vin", "nobody") == []
    assert numbers(cdctl, "--plan", PLAN) == numbers(cdctl, "--plan", "abab") == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(cdctl, "--plan", PLAN, "--vin", VIN) == [3, 6, 7]
    assert numbers(cdctl, "--plan", PLAN, "--order", two, "--vin", VIN) == []
    assert numbers(cdctl, "--kind", "intent") == [2, 3, 4]
    assert numbers(cdctl, "--kind", "forged") == [8]
    assert numbers(cdctl, "--last", "2") == [8, 9]
    assert numbers(cdctl, "--last", "0") == []
    assert numbers(cdctl, "--since", "2025-06-15T16:06:40Z") == [8]
    assert numbers(cdctl, "--since", "1h") == []


def test_a_table_for_people(path, cdctl):
    ran = cdctl("audit", "show", "--order", order(1).id)
    lines = ran.out.splitlines()
    assert lines[0].split() == ["NUMBER", "AT", "KIND", "SUBJECT", "VIN", "ACTOR", "WHAT"]
    assert lines[1].endswith(f"{VIN}  ada               lock doors=all")
    assert "succeeded done\\x1b[2J" in lines[2] and "0123456789abcdef" in lines[2]
    assert lines[3].endswith("failed (late)")
    assert "\x1b" not in ran.out


def test_a_move_says_whose_it_is(path, tmp_path, cdctl):
    """Also when its intent is not among the records that are shown."""
    assert [row["vin"] for row in shown(cdctl, "--kind", "move")] == ["WBA00000000000000", VIN, VIN]
    file = tmp_path / "out"
    cdctl("audit", "show", "--kind", "move", "-o", f"jsonl={file}")
    assert [json.loads(line)["vin"] for line in file.read_text().splitlines()] == ["WBA…000", "WBA…001", "WBA…001"]
    assert "WBA" not in cdctl("audit", "show", "--kind", "checkpoint").out


def test_a_checkpoint_in_words(path, cdctl):
    assert cdctl("audit", "show", "--kind", "checkpoint").out.splitlines()[1].endswith("record 8, nobody sealed it")
    write(path, [Note("key", "x", "ada", 5)], sign=keys.sealer(PrivateKey.new(), "ada"))
    assert cdctl("audit", "show", "--last", "1").out.splitlines()[1].endswith("ada    record 10, sealed")


def test_a_plan_is_short_in_a_table_and_whole_elsewhere(path, cdctl):
    assert "abababababab…" in cdctl("audit", "show", "--kind", "plan").out
    assert PLAN not in cdctl("audit", "show", "--kind", "plan").out
    assert shown(cdctl, "--kind", "plan")[0]["subject"] == PLAN


def test_where_a_vehicle_was_is_never_shown(path, cdctl):
    for form in ("table", "wide", "json", "jsonl", "csv"):
        ran = cdctl("audit", "show", "-o", form, "--show-vins")
        assert "48.1" not in ran.out and "11.5" not in ran.out, form
    body = shown(cdctl, "--order", order(1).id)[1]["body"]
    assert body["result"] == {
        "ok": True, "Vehicle.CurrentLocation.Latitude": "(kept back)", "at": [{"longitude": "(kept back)"}],
    }  # fmt: skip


@pytest.mark.parametrize("form", ["table", "wide", "json", "jsonl", "csv"])
def test_vins_are_masked_in_files(path, tmp_path, cdctl, form):
    file = tmp_path / "out"
    assert VIN in cdctl("audit", "show", "-o", form).out  # stdout is for whoever asks
    cdctl("audit", "show", "-o", f"{form}={file}")
    assert "WBA00000" not in file.read_text() and "WBA…001" in file.read_text()
    cdctl("audit", "show", "-o", f"{form}={file}", "--show-vins")
    assert VIN in file.read_text()


def test_ids_that_are_no_vins_are_masked_as_well(path, tmp_path, cdctl):
    write(path, [intent(7, vin="truck-4711"), Note("forged", "truck-4712", "ada", 1)])
    file = tmp_path / "out"
    cdctl("audit", "show", "-o", f"jsonl={file}")
    assert "truck-471" not in file.read_text()
    (seventh,) = [json.loads(line) for line in file.read_text().splitlines() if order(7).id in line]
    assert seventh["body"]["reply"] == "cd/eu/…1/reply/00000000000000aa"
    assert seventh["body"]["key"] == "abababababababab-…1"


def test_csv_has_the_body_as_text(path, cdctl):
    rows = list(csv.DictReader(io.StringIO(cdctl("audit", "show", "-o", "csv").out)))
    assert [row["number"] for row in rows] == [str(number) for number in range(1, 10)]
    assert json.loads(rows[7]["body"]) == {"why": "bad signature"}
    assert len(rows[0]["hash"]) == 64


def test_nothing_is_like_that(path, cdctl):
    ran = cdctl("audit", "show", "--kind", "guard")
    assert (ran.code, ran.err) == (0, "no record is like that\n")
    assert cdctl("audit", "show", "--kind", "guard", "-o", "json").out == "[]\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--order", "zz"], "--order zz: no order is called so"),
        (["--order", "0"], "--order 0: no order is called so, or several begin so"),
        (["--plan", "ff"], "--plan ff: there is no such plan"),
        (["--since", "yesterday"], "--since: 'yesterday' is no instant"),
        (["--since", "2999-01-01T00:00:00Z"], "--since: '2999-01-01T00:00:00Z' is not in the past"),
        (["-o", "yaml"], "there is no format 'yaml'"),
    ],
)
def test_what_is_asked_wrongly(path, cdctl, args, said):
    ran = cdctl("audit", "show", *args)
    assert ran.code == 2
    assert said in ran.err and "hint: " in ran.err
    assert ran.out == ""


def test_two_plans_that_begin_alike(path, cdctl):
    write(path, [Note("plan", "abcd" * 16, "bob", 5)])
    assert "2 plans begin so" in cdctl("audit", "show", "--plan", "ab").err
    assert numbers(cdctl, "--plan", "abc") == [10]


def test_a_whole_journal_passes(path, cdctl):
    ran = cdctl("audit", "verify")
    assert ran.code == 0 and ran.err == ""
    assert [line.split() for line in ran.out.splitlines()][1:3] == [["whole", "yes"], ["records", "9"]]
    said = json.loads(cdctl("audit", "verify", "-o", "json").out)
    assert (said["whole"], said["records"], said["faults"]) == (True, 9, [])
    assert (said["vouched_for"], said["vouched_by"]) == (0, None)


def test_one_byte_fails_it(path, cdctl):
    spoil(path, 3)
    ran = cdctl("audit", "verify")
    assert ran.code == 1
    assert "record 3 was changed, or another stood before it" in ran.out
    said = json.loads(cdctl("audit", "verify", "-o", "json").out)
    assert said["whole"] is False and said["faults"]


@pytest.mark.parametrize("form", ["json", "table", "jsonl", "csv"])
def test_a_head_that_was_kept_in_a_file(path, tmp_path, cdctl, form):
    file = tmp_path / "head"
    assert cdctl("audit", "head", "-o", f"{form}={file}").code == 0
    assert cdctl("audit", "verify", "--head", file).code == 0
    write(path, [Note("key", "x", "ada", 5)])
    assert cdctl("audit", "verify", "--head", file).code == 0  # the chain grew, and holds it
    file.write_text(file.read_text().replace("9", "8", 1))
    ran = cdctl("audit", "verify", "--head", file)
    assert ran.code == 1 and "the head from elsewhere: record " in ran.out


def test_a_head_that_is_written_out(path, cdctl):
    head = json.loads(cdctl("audit", "head", "-o", "json").out)
    assert cdctl("audit", "verify", "--head", f"{head['number']}:{head['hash']}").code == 0
    ran = cdctl("audit", "verify", "--head", f"{head['number'] + 1}:{head['hash']}")
    assert ran.code == 1
    assert "record 10 is not there; the chain ends at record 9" in ran.out


@pytest.mark.parametrize("text", ["xyz", "9", "9:abc", '{"number": "9"}', "[]"])
def test_what_is_no_head(path, cdctl, text):
    ran = cdctl("audit", "verify", "--head", text)
    assert ran.code == 2 and "no such file, and no head itself: a record's number and its hash" in ran.err


@pytest.fixture
def trusting(tmp_path, monkeypatch):
    """Write the trust file of the context in use."""
    settings = tmp_path / "cdctl.toml"
    settings.write_text('[contexts.here]\ntrust = "trust.toml"\nprometheus = { url = "http://127.0.0.1:9" }\n')
    monkeypatch.setenv("CDCTL_CONFIG", str(settings))

    def write_trust(*believed: PrivateKey, more: str = "") -> None:
        lines = [written(key.public) for key in believed]
        (tmp_path / "trust.toml").write_text(f'{more}[operators.ada]\nkeys = {json.dumps(lines)}\nroles = ["owner"]\n')

    return write_trust


def test_who_vouches_for_how_much(path, cdctl, trusting):
    key, other = PrivateKey.new(), PrivateKey.new()
    write(path, [Note("key", "x", "ada", 5)], sign=keys.sealer(key, "ada"))
    write(path, [Note("key", "x", "bob", 6)], sign=keys.sealer(other, "bob"))

    def said() -> tuple[object, ...]:
        ran = cdctl("audit", "verify", "-o", "json")
        assert ran.code == 0
        return tuple(json.loads(ran.out)[name] for name in ("vouched_for", "vouched_by", "records"))

    trusting(key, other)
    assert said() == (12, "bob", 13)
    trusting(key)  # contexts share a journal and trust their own: what others sealed is no fault
    assert said() == (10, "ada", 13)
    trusting(key, more=f'revoked = [{{ key = "{written(other.public)}", at = "2025-01-01T00:00:00Z" }}]\n')
    assert said() == (10, "ada", 13)
    trusting(PrivateKey.new())
    assert said() == (0, None, 13)
    trusting(key)
    assert "vouched_by   ada" in " ".join(cdctl("audit", "verify").out.splitlines())


def test_a_seal_that_was_changed(path, cdctl, trusting):
    key = PrivateKey.new()
    write(path, [Note("key", "x", "ada", 5)], sign=keys.sealer(key, "ada"))
    trusting(key)
    whole = path.read_bytes()
    begin = whole.rindex(b'signatures\\":')
    at = whole.index(b'sig\\":\\"', begin) + 20
    path.write_bytes(whole[:at] + (b"A" if whole[at : at + 1] != b"A" else b"B") + whole[at + 1 :])
    ran = cdctl("audit", "verify")
    assert ran.code == 1 and "is a checkpoint whose seal does not hold: bad signature" in ran.out


def test_what_can_be_read_is_shown_and_the_rest_is_named(path, cdctl):
    spoil(path, 3)
    ran = cdctl("audit", "show", "--kind", "intent")
    assert ran.code == 3
    assert [line.split()[0] for line in ran.out.splitlines()] == ["NUMBER", "2", "4"]
    assert "the journal is damaged: record 3 cannot be read" in ran.err
    ran = cdctl("audit", "show", "--kind", "intent", "--last", "1")
    assert ran.code == 3 and ran.out.splitlines()[1].startswith("4 ")
    assert cdctl("audit", "show", "--last", "3").code == 0  # none of those is damaged
    assert cdctl("audit", "show", "--kind", "forged").code == 0


@pytest.mark.parametrize("command", ["show", "verify", "head"])
def test_no_journal(tmp_path, cdctl, monkeypatch, command):
    monkeypatch.setenv("CDCTL_JOURNAL", str(tmp_path / "none.sqlite"))
    ran = cdctl("audit", command)
    assert (ran.code, ran.out) == (3, "")
    assert "none.sqlite: there is no journal" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["show", "head"])
def test_a_file_that_is_no_database(path, cdctl, command):
    path.write_bytes(b"x" * 5000)
    ran = cdctl("audit", command)
    assert (ran.code, ran.out) == (3, "") and "the journal is damaged" in ran.err


def test_a_terminal_shows_the_newest_alone(path, cdctl, monkeypatch):
    from cdctl.cli import audit

    monkeypatch.setattr(audit, "_ON_A_SCREEN", 4)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert audit._newest(None, "", [Output("table")]) == 4
    assert audit._newest(9, "", [Output("table")]) == 9
    assert audit._newest(None, VIN, [Output("table")]) is None
    assert audit._newest(None, "", [Output("json")]) is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    assert audit._newest(None, "", [Output("table")]) is None


def test_a_terminal_is_told_that_there_are_more(path, cdctl, monkeypatch):
    from cdctl.cli import audit

    monkeypatch.setattr(audit, "_ON_A_SCREEN", 4)
    monkeypatch.setattr("cdctl.cli.output.terminal_width", lambda: 100)
    ran = cdctl("audit", "show")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["NUMBER", "6", "7", "8", "9"]
    assert ran.err == "the newest 4; --last N shows more\n"
    assert len(cdctl("audit", "show", "--last", "5").out.splitlines()) == 6


def test_a_checkpoint_is_a_record_like_any_other(path, cdctl):
    assert [row["body"]["number"] for row in shown(cdctl, "--kind", CHECKPOINT)] == [8]


def test_more_orders_than_are_looked_up_one_by_one(path, cdctl, monkeypatch):
    from cdctl.application import auditing

    write(path, story(20, first=100))
    few = numbers(cdctl, "--plan", PLAN)
    monkeypatch.setattr(auditing, "_FEW", 3)
    assert numbers(cdctl, "--plan", PLAN) == few and len(few) == 7 + 80


def test_what_happened_to_a_rollout_is_told_in_words(cdctl: Callable[..., object], path: Path) -> None:
    def note(actor: str, standing: dict[str, object], *events: dict[str, object]) -> Note:
        body = {"plan": PLAN, "session": "s", "standing": standing, "events": list(events)}
        return Note("rollout", "01k", actor, 1_750_000_000_000 + 2 * HOUR, body)

    write(
        path,
        [
            note("bea", {"wave": 1, "phase": "running", "pauses": [{"key": "bea"}]},
                 {"at": 5, "word": "paused", "words": "a look", "by": "bea"}),
            note("ada", {"wave": 1, "phase": "running", "pauses": []},
                 {"at": 6, "word": "refused", "words": "no", "by": "vic"}),
            Note("guard", "01k", "ada", 1_750_000_000_000, {"guard": "slo:x", "health": "burning", "words": "burns"}),
        ],
    )  # fmt: skip
    table = cdctl("audit", "show", "--kind", "rollout").out  # type: ignore[attr-defined]
    assert "paused by bea: a look; wave 2 running, paused" in table
    assert "refused to vic: no; wave 2 running" in table
    assert "standing=" not in table
    assert "slo:x is burning: burns" in cdctl("audit", "show", "--kind", "guard").out  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", [0, 1, 15, 68])
def test_a_file_that_is_no_journal_any_more_was_changed(cdctl: Callable[..., object], path: Path, place: int) -> None:
    whole = bytearray(path.read_bytes())
    whole[place] ^= 0x55
    path.write_bytes(whole)
    ran = cdctl("audit", "verify")
    assert ran.code == 1, ran.err  # type: ignore[attr-defined]
    assert "fault" in ran.out  # type: ignore[attr-defined]
    path.write_bytes(b"garbage" * 1000)
    assert cdctl("audit", "verify").code == 1  # type: ignore[attr-defined]
    path.unlink()
    assert cdctl("audit", "verify").code == 3, "where there is none, nothing is proven"  # type: ignore[attr-defined]


def test_faults_that_are_alike_are_told_once_and_counted() -> None:
    from cdctl.cli.audit_rows import verdict
    from cdctl.domain.orders.keeping import Head

    faults = [f"order {number}: its record {number * 7} is gone" for number in range(100)]
    table = verdict("table", Head(1, "ab", 1), None, faults, None)
    assert table.count("is gone") == 3
    assert "and 97 like this one" in table
    assert verdict("json", Head(1, "ab", 1), None, faults, None).count("is gone") == 100


def test_a_kind_that_no_record_has_is_misspelt(cdctl: Callable[..., object], path: Path) -> None:
    ran = cdctl("audit", "show", "--kind", "intnt")
    assert ran.code == 2  # type: ignore[attr-defined]
    assert "did you mean intent?" in ran.err  # type: ignore[attr-defined]
