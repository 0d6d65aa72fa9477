"""Settings of the property tests."""

from hypothesis import settings

# A busy machine is no bug: an example may take as long as it takes.
settings.register_profile("hearth", deadline=None)
settings.load_profile("hearth")
