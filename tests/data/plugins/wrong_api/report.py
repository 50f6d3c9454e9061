raise RuntimeError("no code of another API may run")
