"""SQL of shows, seasons and episodes."""

from app.shows.repository.episodes import EpisodeRepository as EpisodeRepository
from app.shows.repository.listing import Parent as Parent
from app.shows.repository.next_up import NextUpRepository as NextUpRepository
from app.shows.repository.seasons import SeasonRepository as SeasonRepository
from app.shows.repository.shows import ShowRepository as ShowRepository
from app.shows.repository.twins import same_episode as same_episode
