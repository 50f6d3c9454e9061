"""From a page to an answer: which promise an alert is about, and what belongs on the one page about it."""
