"""Views of the review page, one module a noun: the page, calls, texts, reruns, claims, decisions."""
