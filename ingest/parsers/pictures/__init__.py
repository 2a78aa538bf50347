"""Text recognition: from pictures to characters with boxes.

Takes pixels; gives lines. Works only if a recognizer is installed. Read `recognition.py` first.
"""
