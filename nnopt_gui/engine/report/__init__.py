"""The report of a study: one self-contained page, or Markdown, made from the records alone. Free of torch.

``facts`` gathers what there is to say, ``figures`` draws, ``pages`` fills the templates in ``resources/report``;
everything in English is in ``texts``.
"""

from nnopt_gui.engine.report.facts import ReportFacts, gather_facts
from nnopt_gui.engine.report.pages import report_html, report_markdown

__all__ = ["ReportFacts", "gather_facts", "report_html", "report_markdown"]
