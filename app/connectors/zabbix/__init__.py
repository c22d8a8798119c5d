"""Zabbix as a source, over its JSON-RPC API."""
