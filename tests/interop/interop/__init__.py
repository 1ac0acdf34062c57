"""Rolecall's gateway between software that nobody here wrote."""
