"""The floor: settings, errors, values, tables, migrations and permission decisions.

Takes the environment and a database URL; gives the truth and the words that every other folder
speaks. Never imports a neural model, an index or a web server. Read `values/` first.
"""
