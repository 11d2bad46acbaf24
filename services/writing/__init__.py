"""How people write things down: telephones, identifiers, numbers that belong to a person.

Pure and without a word of the business: the standard library only. It is the one package beside their own that the
services' domains may use, so that a rule of spelling is written once and holds in every service.
"""
