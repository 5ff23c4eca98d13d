"""What a key may do, in words."""

SCOPES = ("read", "predict", "write", "admin")
"""Read models, monitoring and jobs; ask for forecasts; send data; everything."""
ADMIN = "admin"
