"""Providers in their order, and looking things up at them."""

from app.metadata.service.chain import ProviderChain
from app.metadata.service.looking_up import LookingUp

__all__ = ["LookingUp", "ProviderChain"]
