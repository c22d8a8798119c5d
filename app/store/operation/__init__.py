"""Statements that concern all tables: migration, copies, what is due, throughput."""
