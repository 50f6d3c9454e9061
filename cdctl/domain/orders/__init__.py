"""Orders: one command to one vehicle, from intent to the vehicle's own answer; plans and rollouts of many."""
