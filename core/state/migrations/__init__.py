"""The forms that the database had, one step a file in ``versions``; never edited once released."""
