"""What is put into a bare repository so that git asks gitcorpus, and what is wrong with it.

Nothing here judges a push, and nothing here reads the clock or the environment: both come as arguments.
"""
