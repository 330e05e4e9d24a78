"""Text of models and people in templates: with every invisible character as a visible mark."""

from django import template
from django.utils.safestring import SafeString

from studio.web.visible_text import name_odd, show

register = template.Library()


@register.filter
def visible(text: object) -> SafeString:
    """Escaped, odd characters as marks of their own."""
    return show(str(text))


@register.filter
def visible_name(text: object) -> str:
    """The same without markup, for titles and attributes."""
    return name_odd(str(text))
