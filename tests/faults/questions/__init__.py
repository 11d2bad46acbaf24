"""The oracle's questions, a file for each subject. A question is a function of the evidence that yields findings."""
