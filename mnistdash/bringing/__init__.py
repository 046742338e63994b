"""Runs whose model is trained elsewhere: their answers read, their models checked and kept."""
