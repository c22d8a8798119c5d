"""The commands, one subject a file: each parses, calls one service and prints."""
