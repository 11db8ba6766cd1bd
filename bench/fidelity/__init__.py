"""Measures how many of a folder's Lottie files the service draws like lottie-web."""
