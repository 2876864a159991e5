"""What AniList is asked, in GraphQL."""

from typing import Final

HIT: Final = """
fragment hit on Media {
  id idMal type format title { romaji english native } synonyms description(asHtml: false)
  startDate { year month day } seasonYear duration countryOfOrigin popularity
  coverImage { extraLarge large }
}"""
RATED: Final = "averageScore meanScore stats { scoreDistribution { amount } }"
LIKE: Final = """
  recommendations(sort: [RATING_DESC, ID], perPage: 25) { nodes { mediaRecommendation { ...hit } } }
"""
SEARCH: Final = f"""
query ($search: String, $formats: [MediaFormat]) {{
  Page(page: 1, perPage: 25) {{
    media(search: $search, type: ANIME, format_in: $formats, isAdult: false) {{ ...hit }}
  }}
}}{HIT}"""
DETAILS: Final = f"""
query ($id: Int) {{
  Media(id: $id, type: ANIME) {{
    ...hit
    status endDate {{ year month day }} episodes genres bannerImage {RATED}
    tags {{ name isGeneralSpoiler isMediaSpoiler }}
    studios {{ edges {{ isMain node {{ id name }} }} }}
    trailer {{ id site }}
    externalLinks {{ url site }}
    nextAiringEpisode {{ airingAt }}
    relations {{ edges {{ relationType(version: 2) node {{ ...hit }} }} }}
    {LIKE}
    characters(sort: [ROLE, RELEVANCE, ID], perPage: 25) {{
      edges {{
        node {{ name {{ full }} }}
        voiceActors(sort: [RELEVANCE, ID]) {{
          id name {{ full }} languageV2 image {{ large }}
        }}
      }}
    }}
    staff(sort: [RELEVANCE, ID], perPage: 25) {{
      edges {{ role node {{ id name {{ full }} image {{ large }} }} }}
    }}
  }}
}}{HIT}"""
KNOWN: Final = f"""
query ($id: Int, $idMal: Int) {{
  Media(id: $id, idMal: $idMal, type: ANIME) {{ ...hit bannerImage {RATED} }}
}}{HIT}"""
RECOMMENDATIONS: Final = f"""
query ($id: Int) {{ Media(id: $id, type: ANIME) {{ id {LIKE} }} }}{HIT}"""
