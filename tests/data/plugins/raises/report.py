raise ValueError("the author made a mistake")
