"""What pages are built from: tables, stories, charts, forms. None knows a page or the app."""
