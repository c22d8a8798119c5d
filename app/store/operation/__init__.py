"""Statements on all tables: migration, copies, due work, throughput."""
