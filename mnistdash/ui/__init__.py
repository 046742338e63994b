"""Streamlit pieces used by two pages or more."""
