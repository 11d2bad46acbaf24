"""What a member may say that he can do. It stands in clear in lists and events, so nobody writes a skill of his own:
he chooses from those that services and offers ask for."""

SKILLS = frozenset({
    "electric", "plumbing", "carpentry", "heights", "cleaning", "cooking", "driving", "computers", "law", "psychology",
    "medicine", "nursing", "first_aid", "teaching", "translation", "mediation", "hairdressing", "company",
})  # fmt: skip
"""Those that come with the program *(ours)*; an installation names more: DOORSTEP_SKILLS."""
