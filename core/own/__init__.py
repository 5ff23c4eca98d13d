"""Forecasts of a caller's own series, by the models that are quick: read, computed and written in a process apart."""
