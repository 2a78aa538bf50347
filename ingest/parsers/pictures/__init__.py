"""Text recognition: pictures to characters with boxes.

Takes pixels; gives lines. Works only where recognition is installed. Read `recognition.py` first.
"""
