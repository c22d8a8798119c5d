"""What reports say, how they change alerts, and severities."""
