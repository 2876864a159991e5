"""SQL of persons; tables stay here."""

from app.people.repository.conditions import name_of as name_of
from app.people.repository.reading import PersonRepository as PersonRepository
