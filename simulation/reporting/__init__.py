"""Results for a paper: tables as LaTeX and Markdown, and a report on one page."""
