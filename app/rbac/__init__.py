"""Roles, permissions and library grants; the only place where a Scope is made."""
