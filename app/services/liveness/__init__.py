"""What notices that something no longer reports: heartbeats."""
