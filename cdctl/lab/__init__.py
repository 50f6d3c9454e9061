"""Real servers on loopback and a simulated platform, for the demo and for the tests."""
