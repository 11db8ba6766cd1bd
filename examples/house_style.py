"""The typefaces of the example templates, which come with the Lottie engine."""

from lottie_builder import Face

SANS = Face("Inter", "Regular", "Inter-Regular")
SANS_MEDIUM = Face("Inter", "Medium", "Inter-Medium")
SANS_BOLD = Face("Inter", "Bold", "Inter-Bold")
SERIF = Face("Noto Serif", "Regular", "NotoSerif-Regular")
