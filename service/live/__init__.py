"""``WS /v1/live`` without its socket: the protocol as a state machine, its messages, and the sessions of a process."""
