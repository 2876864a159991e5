"""Revenge."""
