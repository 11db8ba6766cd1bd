"""How much of a folder's Lottie files the service draws as lottie-web does."""
