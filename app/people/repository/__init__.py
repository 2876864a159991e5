"""SQL of persons; tables stay here."""

from app.people.repository.reading import PersonRepository as PersonRepository
