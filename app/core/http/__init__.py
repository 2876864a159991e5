"""Asking other servers: bounded in time and size, paced, and only where it may lead."""

from app.core.http.client import Answer, Client, Fresh, Means
from app.core.http.errors import (
    AddressRefused,
    AskedTooOften,
    BadAnswer,
    OutsideUnavailable,
    TooLong,
)
from app.core.http.guard import Resolver, SystemResolver
from app.core.http.outside import Outside
from app.core.http.policy import Policy, origin_of
from app.core.http.shared import SharedBucket

__all__ = [
    "AddressRefused",
    "Answer",
    "AskedTooOften",
    "BadAnswer",
    "Client",
    "Fresh",
    "Means",
    "Outside",
    "OutsideUnavailable",
    "Policy",
    "Resolver",
    "SharedBucket",
    "SystemResolver",
    "TooLong",
    "origin_of",
]
