"""A program that says so and waits until it is ended."""

import time

if __name__ == "__main__":
    print("waiting", flush=True)
    time.sleep(600)
