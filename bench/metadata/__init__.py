"""A world of metadata providers on this machine, that know a generated catalogue of films and shows
and speak as the real ones do; and a library of files of it.
"""
