"""What chat services say of a click on a button, and what they are told; pure functions."""
