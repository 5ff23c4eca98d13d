"""Tidemark's library: data, forecasts, evaluation, monitoring and state; knows nothing of the web."""

__version__ = "0.1.0"
