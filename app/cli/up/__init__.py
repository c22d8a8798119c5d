"""`nagare up`: a whole instance on one machine, its programs started, watched and stopped."""
