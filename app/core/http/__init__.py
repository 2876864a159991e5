"""Asking other servers: bounded in time and size, paced, and only where it may lead."""

from app.core.http.client import Answer, Client
from app.core.http.errors import AddressRefused, BadAnswer, OutsideUnavailable
from app.core.http.guard import Resolver, SystemResolver
from app.core.http.outside import Outside
from app.core.http.policy import Policy, origin_of

__all__ = [
    "AddressRefused",
    "Answer",
    "BadAnswer",
    "Client",
    "Outside",
    "OutsideUnavailable",
    "Policy",
    "Resolver",
    "SystemResolver",
    "origin_of",
]
