"""Which changes of alerts people are told of, and in which words."""
