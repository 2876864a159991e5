"""Sessions, passwords, challenges and attempts in PostgreSQL; nothing here is cached."""

from app.auth.repository.attempts import AttemptRepository
from app.auth.repository.challenges import ChallengeRepository
from app.auth.repository.directory import Directory
from app.auth.repository.letters import LetterRepository
from app.auth.repository.passwords import AuthRepository, password_mark
from app.auth.repository.sessions import SessionRepository, is_open

__all__ = [
    "AttemptRepository",
    "AuthRepository",
    "ChallengeRepository",
    "Directory",
    "LetterRepository",
    "SessionRepository",
    "is_open",
    "password_mark",
]
