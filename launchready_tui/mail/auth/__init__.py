"""What makes a mail credible, by the standards' own rules: SPF, DKIM, DMARC, MTA-STS, and what receivers write about
them.

Pure logic: whoever asks brings a resolver (`Ask`), and gets results back. Nothing here opens a socket or knows of
checks.
"""
