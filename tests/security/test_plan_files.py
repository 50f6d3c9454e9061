"""Two people stand for one plan: any change voids it, and nobody counts twice, for themselves, or revoked."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace

import pytest

from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.telling import ORDER
from cdctl.errors import RefusedError, UnavailableError, UsageError
from cdctl.security import dsse, keys, plan_files, trust
from cdctl.security.ed25519 import PrivateKey, written

PLAN = Plan(
    id="p1",
    context="prod-eu",
    command="reboot",
    arguments={"delay": 5, "why": "ü"},
    targets=(Target("WBA1", "eu"), Target("WBA2", "eu", "i4", "23-07.60")),
    by="alice",
    created=1,
    expires=2,
    timeout=30,
    reason="stuck",
)


@pytest.fixture
def signed(people):
    for name in ("alice", "bob", "carol"):
        people.add(name, "engineer")
    path = people.folder / "reboot.plan"
    plan_files.write(path, PLAN, people.sealer("alice"))
    return path


def standing(path, people):
    found = plan_files.approvers(path, trust.read(people.file))
    assert found.requester.name == "alice"
    return found.plan, [one.name for one in found.approvers]


def test_every_approval_is_one_signature_more_over_the_same_bytes(signed, people):
    assert standing(signed, people) == (PLAN, [])
    assert plan_files.approve(signed, people.sealer("bob"), digest=PLAN.digest()) == PLAN
    assert standing(signed, people) == (PLAN, ["bob"])
    plan_files.approve(signed, people.sealer("carol"))
    assert standing(signed, people) == (PLAN, ["bob", "carol"])
    assert base64.b64decode(json.loads(signed.read_bytes())["payload"]) == PLAN.content()


def test_nobody_approves_twice_or_for_themselves(signed, people):
    with pytest.raises(RefusedError, match="you asked for it: somebody else has to approve it"):
        plan_files.approve(signed, people.sealer("alice"))
    plan_files.approve(signed, people.sealer("bob"))
    with pytest.raises(RefusedError, match="signed it already"):
        plan_files.approve(signed, people.sealer("bob"))
    second = PrivateKey.new()
    text = people.file.read_text().replace(
        f'keys = ["{written(people.keys["bob"].public)}"',
        f'keys = ["{written(people.keys["bob"].public)}", "{written(second.public)}"',
    )
    people.file.write_text(text)
    plan_files.approve(signed, keys.sealer(second, "bob"))
    assert standing(signed, people)[1] == ["bob"], "two keys of one person are one approval"
    alices_other = PrivateKey.new()
    people.file.write_text(
        text.replace(
            f'keys = ["{written(people.keys["alice"].public)}"',
            f'keys = ["{written(people.keys["alice"].public)}", "{written(alices_other.public)}"',
        )
    )
    signed.write_bytes(dsse.cosign(signed.read_bytes(), alices_other))
    assert standing(signed, people)[1] == ["bob"], "nor does the requester's other key approve"


CHANGES = {
    "a target more": {"targets": (*PLAN.targets, Target("WBA3", "eu"))},
    "a target less": {"targets": PLAN.targets[:1]},
    "another argument": {"arguments": {"delay": 6, "why": "ü"}},
    "another command": {"command": "ping"},
    "another context": {"context": "test"},
    "a later end": {"expires": 3},
    "thresholds": {"rollout": {"abort": 5}},
    "another reason": {"reason": "x"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_voids_every_signature(signed, people, change):
    plan_files.approve(signed, people.sealer("bob"))
    envelope = json.loads(signed.read_bytes())
    other = replace(PLAN, **change)
    envelope["payload"] = base64.b64encode(other.content()).decode()
    signed.write_text(json.dumps(envelope))
    with pytest.raises(RefusedError, match="its signature does not hold: bad signature"):
        plan_files.approvers(signed, trust.read(people.file))
    envelope = json.loads(dsse.seal(other.content(), plan_files.PLAN, people.keys["alice"]))
    envelope["signatures"].append(json.loads(dsse.cosign(signed.read_bytes(), people.keys["carol"]))["signatures"][1])
    signed.write_text(json.dumps(envelope))
    assert standing(signed, people) == (other, []), "bob's signature is for another plan"


def test_whoever_approves_says_what_they_saw(signed, people):
    other = replace(PLAN, timeout=31)
    with pytest.raises(RefusedError, match="another one than was shown"):
        plan_files.approve(signed, people.sealer("bob"), digest=other.digest())
    assert standing(signed, people)[1] == []


def test_revoked_and_unknown_approvers_do_not_count(signed, people):
    plan_files.approve(signed, people.sealer("bob"))
    plan_files.approve(signed, keys.sealer(PrivateKey.new(), "mallory"))
    plan_files.approve(signed, people.sealer("carol"))
    assert standing(signed, people)[1] == ["bob", "carol"]
    people.more(f'[[revoked]]\nkey = "{written(people.keys["bob"].public)}"\nat = 2026-11-22T12:00:00Z\n')
    assert standing(signed, people)[1] == ["carol"]


def test_a_plan_that_its_requester_did_not_sign_is_none(signed, people):
    path = people.folder / "forged.plan"
    with pytest.raises(RefusedError, match="this plan is alice's, and bob signs"):
        plan_files.write(path, PLAN, people.sealer("bob"))
    path.write_bytes(dsse.seal(PLAN.content(), plan_files.PLAN, people.keys["bob"], people.keys["carol"]))
    with pytest.raises(RefusedError, match="alice has not signed this plan"):
        plan_files.approvers(path, trust.read(people.file))


def test_a_plan_is_never_replaced(signed, people):
    before = signed.read_bytes()
    with pytest.raises(UsageError, match="there is a file already"):
        plan_files.write(signed, PLAN, people.sealer("alice"))
    assert signed.read_bytes() == before


def test_what_is_no_plan(signed, people):
    key = people.keys["alice"]
    contents = {
        b"{}": "malformed",
        dsse.seal(b"{}", ORDER, key): "another signed thing",
        dsse.seal(b"{}", plan_files.PLAN, key): "this is no plan",
        dsse.seal(PLAN.content() + b" ", plan_files.PLAN, key): "this is no plan",
    }
    for content, said in contents.items():
        signed.write_bytes(content)
        with pytest.raises(UsageError, match=said):
            plan_files.peek(signed)
        with pytest.raises(UsageError):
            plan_files.approve(signed, people.sealer("bob"))
        assert signed.read_bytes() == content
    with pytest.raises(UnavailableError, match="cannot read the plan"):
        plan_files.peek(people.folder / "none.plan")


def test_two_who_approve_at_once_both_count(signed, people):
    def approve(name: str) -> None:
        plan_files.approve(signed, people.sealer(name))

    for name in ("dora", "emil", "fay", "gus"):
        people.add(name, "engineer")
    working = [threading.Thread(target=approve, args=[name]) for name in ("bob", "carol", "dora", "emil", "fay", "gus")]
    for one in working:
        one.start()
    for one in working:
        one.join(20)
    assert set(standing(signed, people)[1]) == {"bob", "carol", "dora", "emil", "fay", "gus"}
