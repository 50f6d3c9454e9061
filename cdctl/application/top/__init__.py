"""The live view without a terminal: what is asked of whom, what stands on the stage, what the hands do.

`lookout` keeps asking and remembers the answers; `stage` has the board of now and its panels; `view` is what a
terminal drives; `hands` prepare and send orders. Modules that end in `_wiring` alone know adapters.
"""
