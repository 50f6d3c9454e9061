"""What a plugin prints is no data, however many threads load plugins at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from cdctl.extend.hush import hush


def test_what_is_printed_inside_goes_to_stderr_and_outside_it_does_not(capfd):
    with hush():
        print("inside")
        os.write(1, b"deep\n")
        subprocess.run([sys.executable, "-c", "print('child')"], check=True)
    print("outside")
    out, err = capfd.readouterr()
    assert out == "outside\n"
    assert sorted(err.split()) == ["child", "deep", "inside"]


def test_threads_that_overlap_give_stdout_back(capfd):
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with hush():
            first_in.set()
            assert second_in.wait(10)
        first_out.set()

    def second() -> None:
        assert first_in.wait(10)
        with hush():
            second_in.set()
            assert first_out.wait(10)
            print("still inside")

    threads = [threading.Thread(target=one) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    print("outside")
    os.write(1, b"deep\n")
    out, err = capfd.readouterr()
    assert sorted(out.split()) == ["deep", "outside"]
    assert err == "still inside\n"


def test_what_fails_inside_gives_stdout_back(capfd):
    try:
        with hush():
            raise ValueError
    except ValueError:
        print("outside")
    assert capfd.readouterr().out == "outside\n"
