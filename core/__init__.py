"""The foundation: settings, errors, values, tables, migrations and permission decisions.

Takes the environment and a database URL; gives the database and the values that every other folder
uses. Never imports a neural model, an index or a web server. Read `values/` first.
"""
