"""What the console adds to the lists: saved views, finding anything, the wallboard."""
