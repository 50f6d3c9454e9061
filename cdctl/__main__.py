"""Run the command line: `python -m cdctl`."""

from cdctl.cli.main import run

if __name__ == "__main__":
    run()
