"""Rotas: who is on call when."""
