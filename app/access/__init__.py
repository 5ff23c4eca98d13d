"""Sign-in for the pages: by a proxy in front or with a password; off until a setting or a file of users asks for it."""
