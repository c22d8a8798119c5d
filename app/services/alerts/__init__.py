"""Takes in alert reports, changes and suppresses alerts, and computes the health score."""
