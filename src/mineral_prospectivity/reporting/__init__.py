"""Figures and the HTML report: what was found, how sure it is, and what could be wrong."""
