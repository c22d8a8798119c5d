"""How messages to people leave: by Apprise, in a process of its own for each message."""
