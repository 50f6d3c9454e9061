"""`cdctl trace serve` as it is typed: what is wrong is said before anything is opened."""

from __future__ import annotations

import sys

import pytest
from authority import Authority


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--keep", "soon"], 2, "--keep"),
        (["--keep", "5m"], 2, "--keep: 5m is too short\nhint: 1h is the least"),
        (["--max-bytes", "many"], 2, "--max-bytes: 'many' is no size\nhint: write 2GB or 500MB"),
        (["--max-bytes", "1MB"], 2, "--max-bytes: 1MB is too little\nhint: 64MB is the least"),
        (["--listen", "nowhere"], 2, "'nowhere' is no address to listen on"),
        (["--grpc", "4317", "--listen", "127.0.0.1:0"], 2, "--grpc: '4317' is no address to listen on"),
        (["--listen", "0.0.0.0:0"], 5, "can be reached by others"),
        (["--grpc", "0.0.0.0:0"], 5, "--grpc: 0.0.0.0 can be reached by others"),
        (["--cert", "x.pem"], 2, "a certificate needs its key"),
        (["--listen", "127.0.0.1:0", "--cert", "x.pem", "--key", "y.pem"], 3, "the certificate cannot be used"),
    ],
)
def test_what_is_wrong(cdctl, tmp_path, monkeypatch, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    ran = cdctl("trace", "serve", "--store", tmp_path / "store", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert ran.out == ""
    assert not (tmp_path / "store" / "manifest.sqlite").exists()


def test_a_folder_of_others_gets_neither_spans_nor_a_token(cdctl, tmp_path):
    cert, key = Authority(tmp_path, "ours").certificate("server", "127.0.0.1")
    before = sorted(one.name for one in tmp_path.iterdir())
    serving = ("--listen", "0.0.0.0:0", "--grpc", "", "--cert", cert, "--key", key)
    ran = cdctl("trace", "serve", "--store", tmp_path, *serving)
    assert (ran.code, ran.out) == (2, "")
    assert "other things are in this folder" in ran.err
    assert sorted(one.name for one in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("module", "code", "said"),
    [
        ("google.rpc", 3, "google.rpc"),
        ("pyarrow", 3, "pyarrow is not installed"),
        ("grpc", 2, "--grpc: gRPC cannot be served: grpcio is not installed"),
    ],
)
def test_without_a_library_it_says_what_is_missing(cdctl, tmp_path, monkeypatch, module, code, said):
    monkeypatch.chdir(tmp_path)
    gone = (f"{module}.", "cdctl.collector.otlp")
    for name in [name for name in sys.modules if name == module or name.startswith(gone)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    ran = cdctl("trace", "serve", "--store", tmp_path / "store", "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "hint: pip install 'cdctl[traces]'" in ran.err
