PLUGIN = {"room": "reports", "name": "not-a-plugin"}
