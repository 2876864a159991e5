"""Providers in their order, what they say together, and looking things up at them."""

from app.metadata.service.chain import ProviderChain
from app.metadata.service.gathering import Gathering
from app.metadata.service.looking_up import LookingUp
from app.metadata.service.merging import merged

__all__ = ["Gathering", "LookingUp", "ProviderChain", "merged"]
