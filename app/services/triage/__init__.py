"""What operators triage alerts with: actions that can be undone, facets, groups and completion."""
