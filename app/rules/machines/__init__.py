"""When hosts are one machine, and when alerts of several monitors tell one fault of it."""
