"""Figures and the HTML report: what was found, how sure it is, and what could be wrong."""

from mineral_prospectivity.reporting.inputs import ReportInputs
from mineral_prospectivity.reporting.report import render_report

__all__ = ["ReportInputs", "render_report"]
