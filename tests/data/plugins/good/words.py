def greet(count):
    return f"{count} rows"
