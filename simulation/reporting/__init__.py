"""Results for a paper: tables in LaTeX and Markdown, and a report on one page."""
